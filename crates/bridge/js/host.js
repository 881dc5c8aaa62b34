// @ts-check
/**
 * The host script of c2c: what widget pages import. (Parent pages import listen.js.)
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
 */

export { contextFromQuery } from './host/context.js';
export { mount } from './host/mount.js';
