// @ts-check
/**
 * The host script of c2c, for widget pages. (Parent pages import listen.js.)
 *
 *     import { mount, contextFromQuery } from 'https://widget.example/host.js';
 *
 *     const bridge = mount({
 *       src: 'https://sandbox.example/s/demo',
 *       events: ['chat.opened', 'chat.closed'],
 *       context: contextFromQuery(location.search).context,
 *       parentOrigins: ['https://shop.example'],
 *       onCustomEvent: (envelope) => console.log(envelope.name, envelope.data),
 *     });
 *     bridge.emit('chat.opened', { agent: 'Ada' });
 */

export { contextFromQuery } from './host/context.js';
export { mount } from './host/mount.js';
