// @ts-check
/**
 * The host script of c2c: what widget pages and parent pages import.
 *
 * In a widget page:
 *
 *     import { mount, contextFromQuery } from 'https://widget.example/host.js';
 *
 *     const bridge = mount({
 *       src: 'https://sandbox.example/s/demo',
 *       context: contextFromQuery(location.search).context,
 *       parentOrigins: ['https://shop.example'],
 *       onCustomEvent: (envelope) => console.log(envelope.name, envelope.data),
 *     });
 *     bridge.emit('call_started', { destinationId: null, routingKey: null, hasFormValues: false });
 *
 * In a parent page:
 *
 *     import { listen } from 'https://widget.example/host.js';
 *
 *     listen({
 *       frame: document.querySelector('iframe'),
 *       widgetOrigin: 'https://widget.example',
 *       onEvent: (envelope) => console.log(envelope.name, envelope.data),
 *     });
 */

export { contextFromQuery } from './host/context.js';
export { listen } from './host/listen.js';
export { mount } from './host/mount.js';
