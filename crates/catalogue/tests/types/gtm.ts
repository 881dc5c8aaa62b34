/** The Google Tag Manager example of the documentation. */

interface WithDataLayer {
  dataLayer?: object[];
}
const page: WithDataLayer = window as WithDataLayer;
const layer = (page.dataLayer = page.dataLayer || []);

window.c2c.on('call_started', (e) => {
  layer.push({ event: 'c2c_call_started', context: e.context });
});
window.c2c.on('call_ended', (e) => {
  layer.push({
    event: 'c2c_call_ended',
    duration: e.duration,
    reason: e.reason,
    context: e.context,
  });
});
