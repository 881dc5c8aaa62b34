/** The code in every frame: counts events, and notifies the page after the last one. */
let handled = 0;
function handle(data) {
  handled += 1;
  if (data.last) {
    parent.postMessage({ handled }, '*');
    handled = 0;
  }
}
