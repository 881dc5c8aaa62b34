// Actions of the pages above the frame, for the probes. Resources are loaded from the page's own
// host: its policy may allow no other, and a request counts at any host.

/** The probe changed the fragment, whose text is an address to request. */
addEventListener('hashchange', () => { new Image().src = new URL(location.hash.slice(1)).pathname; });

/** The probe wants the page to hold a microphone. */
addEventListener('message', async ({ data, source }) => {
  if (!data?.capture) return;
  window.microphone ??= await navigator.mediaDevices.getUserMedia({ audio: true });
  source.postMessage({ capturing: window.microphone.getAudioTracks()[0].readyState }, '*');
});
