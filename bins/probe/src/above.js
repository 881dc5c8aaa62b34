// What the pages above do for a probe. What they load has their own host: a policy of theirs may limit
// them to that, and what arrives at any host counts.

/** It changed the fragment: its text is an address to ask for. */
addEventListener('hashchange', () => { new Image().src = new URL(location.hash.slice(1)).pathname; });

/** It wants the page to hold a microphone. */
addEventListener('message', async ({ data, source }) => {
  if (!data?.capture) return;
  window.microphone ??= await navigator.mediaDevices.getUserMedia({ audio: true });
  source.postMessage({ capturing: window.microphone.getAudioTracks()[0].readyState }, '*');
});
