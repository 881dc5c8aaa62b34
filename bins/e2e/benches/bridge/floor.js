/**
 * The floor: the least code that has the shim's guarantees, without the other features that a
 * product needs. It has no jar, diagnostics, hold, replay or heartbeat, and reports no mistakes.
 *
 * Data that identifies the load is wiped before customer code runs; the port goes to a listed
 * origin, and no script can obtain it; events are copies, and frozen; `c2c` cannot be replaced.
 */
{
  const { parse, stringify } = JSON;
  const { create, defineProperty, freeze, getOwnPropertyDescriptor } = Object;
  const { apply } = Reflect;
  const { postMessage } = MessagePort.prototype;
  const getterOf = (object, key) => getOwnPropertyDescriptor(object, key).get;
  const dataOf = getterOf(MessageEvent.prototype, 'data');
  const targetOf = getterOf(Event.prototype, 'target');
  const currentEvent = getterOf(window, 'event');
  const { widgetOrigins } = document.currentScript.dataset;
  const [url, nonce] = location.href.split('#');
  const { origin, context } = parse(name);
  name = '';
  history.replaceState(null, '', url);
  freeze(context);

  const handlers = create(null);
  const { port1: port, port2 } = new MessageChannel();
  defineProperty(window, 'event', {
    configurable: true,
    get() {
      const event = apply(currentEvent, window, []);
      return event && apply(targetOf, event, []) === port ? undefined : event;
    },
  });
  const deepFreeze = (value) => {
    if (typeof value !== 'object' || value === null) return;
    freeze(value);
    for (const key in value) deepFreeze(value[key]);
  };
  port.onmessage = (event) => {
    const { data, ...meta } = parse(apply(dataOf, event, []));
    deepFreeze(data);
    handlers[meta.name]?.(freeze({ ...data, context }), freeze(meta));
  };
  if (widgetOrigins.split(' ').includes(origin)) parent.postMessage({ type: 'hello', nonce }, origin, [port2]);

  const on = (type, handler) => void (handlers[type] = handler);
  const emit = (type, data) => apply(postMessage, port, [{ type: 'emit', name: type, json: stringify(data) }]);
  defineProperty(window, 'c2c', { value: freeze({ __proto__: null, on, emit, context }), enumerable: true });
}
