/* The control's stand-in for `window.c2c`: the same snippet runs in a page on top. `playEvent` is the
 * widget. */
function standIn(page, context) {
  const handlers = new Set();
  const subscribe = (once) => (name, handler) => {
    const registration = { name, handler, once };
    handlers.add(registration);
    return () => void handlers.delete(registration);
  };
  window.c2c = Object.freeze({
    on: subscribe(false),
    once: subscribe(true),
    off(name, handler) {
      for (const known of handlers) if (known.name === name && known.handler === handler) handlers.delete(known);
    },
    emit() {},
    page,
    context,
    appId: 'control',
    ready: Promise.resolve(),
  });
  window.playEvent = (name, fields) => {
    const data = Object.freeze({ ...fields, context });
    for (const known of [...handlers]) {
      if (known.name !== name && known.name !== '*') continue;
      if (known.once) handlers.delete(known);
      try {
        known.handler(data, { name });
      } catch (error) {
        reportError(error);
      }
    }
  };
  document.addEventListener('DOMContentLoaded', () => dispatchEvent(new Event('c2c:ready')));
}
