// @ts-check
/** The calls that the sandbox ignores, in words for the author of the code. */

/** By the call as the shim reports it (crates/bridge/js/shim/ignored.js).
 * @type {Record<string, {title: string, advice: string}>} */
const IGNORED = {
  alert: { title: 'alert()', advice: 'the sandbox shows no dialogs: write to the console, or emit an event' },
  confirm: { title: 'confirm()', advice: 'the sandbox shows no dialogs: it returns false at once' },
  prompt: { title: 'prompt()', advice: 'the sandbox shows no dialogs: it returns null at once' },
  print: { title: 'print()', advice: 'the sandbox cannot print' },
  open: { title: 'window.open()', advice: 'the sandbox opens no windows: emit an event, and let the page do it' },
  link: { title: 'A link to another window', advice: 'the sandbox opens no windows: emit an event, and let the page do it' },
  download: { title: 'A download', advice: 'the sandbox cannot download' },
  submit: { title: 'form.submit()', advice: 'the sandbox sends no forms: send the data with fetch()' },
  requestSubmit: { title: 'form.requestSubmit()', advice: 'the sandbox sends no forms: send the data with fetch()' },
  requestFullscreen: { title: 'requestFullscreen()', advice: 'the sandbox is invisible, and has no full screen' },
  share: { title: 'navigator.share()', advice: 'the sandbox cannot share' },
  getCurrentPosition: { title: 'geolocation.getCurrentPosition()', advice: 'the sandbox denies the visitor’s location' },
  watchPosition: { title: 'geolocation.watchPosition()', advice: 'the sandbox denies the visitor’s location' },
  writeText: { title: 'clipboard.writeText()', advice: 'the sandbox denies the clipboard' },
  readText: { title: 'clipboard.readText()', advice: 'the sandbox denies the clipboard' },
  write: { title: 'clipboard.write()', advice: 'the sandbox denies the clipboard' },
  read: { title: 'clipboard.read()', advice: 'the sandbox denies the clipboard' },
  getUserMedia: { title: 'mediaDevices.getUserMedia()', advice: 'the sandbox denies camera and microphone' },
  getDisplayMedia: { title: 'mediaDevices.getDisplayMedia()', advice: 'the sandbox denies the screen' },
  register: { title: 'serviceWorker.register()', advice: 'a service worker needs an origin, and the sandbox has none' },
  'Notification.requestPermission': { title: 'Notification.requestPermission()', advice: 'the sandbox denies notifications' },
  postMessage: { title: 'A message to the page above', advice: 'no page listens to it: use c2c.emit(name, data)' },
};

/** @param {string} call hostile text @returns {{title: string, advice: string}} */
export const inWords = (call) => (Object.hasOwn(IGNORED, call) ? IGNORED[call] : { title: `${call}()`, advice: 'the sandbox ignores it' });
