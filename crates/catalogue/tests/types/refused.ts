/** What is wrong. The compiler must refuse each line below a comment, with what the comment says. */

// TS2769: Argument of type '"call_end"' is not assignable to parameter of type
c2c.on('call_end', () => {});
// TS2769: '"custom:chat_opened"' is not assignable
c2c.on('custom:chat_opened', () => {});
// TS2769: '"call_end"' is not assignable
c2c.once('call_end', () => {});
// TS2551: Property 'durations' does not exist
c2c.on('call_ended', (event) => event.durations);
// TS2339: Property 'rating' does not exist
c2c.on('call_ended', (event) => event.rating);
// TS18047: 'event.duration' is possibly 'null'
c2c.on('call_error', (event) => event.duration > 30);
// TS18048: 'event.context.orderId' is possibly 'undefined'
c2c.on('call_ended', (event) => event.context.orderId.length);
// TS2367: no overlap
c2c.on('call_ended', (event) => event.reason === 'bored');
// TS2540: Cannot assign to 'duration' because it is a read-only property
c2c.on('call_ended', (event) => (event.duration = 0));
// TS2339: Property 'duration' does not exist
c2c.on('*', (event) => event.duration);
// TS2345: Argument of type '"call_ended"' is not assignable to parameter of type 'never'
c2c.emit('call_ended', {});
// TS2345: 'never'
c2c.emit('Call_Ended', {});
// TS2345: 'never'
c2c.emit('custom:chat_opened', {});
// TS2345: 'never'
c2c.emit('c2c_ready', {});
// TS2345: Argument of type 'number' is not assignable to parameter of type 'string'
c2c.emit(1, {});
// TS2345: Argument of type 'string' is not assignable
c2c.emit('chat_opened', 'text');
// TS2322: Type '() => void' is not assignable to type 'Json | undefined'
c2c.emit('chat_opened', { callback: () => {} });
// TS2322: not assignable to type 'undefined'
c2c.emit('chat_opened', { context: {} });
// TS2540: Cannot assign to 'c2c' because it is a read-only property
window.c2c = c2c;
// TS2540: Cannot assign to 'on' because it is a read-only property
c2c.on = () => () => {};
