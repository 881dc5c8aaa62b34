/** What the compiler knows of events without being told. */

/** Only an equal type fits. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>() => {};

c2c.on('call_ended', (event, meta) => {
  holds<Same<typeof event.duration, number>>();
  holds<Same<typeof event.reason, 'user_hangup' | 'remote_hangup'>>();
  holds<Same<typeof event.context.orderId, string | undefined>>();
  holds<Same<typeof meta.name, 'call_ended'>>();
  holds<Same<typeof meta.seq, number>>();
});
const stop = c2c.once('call_error', ({ message, duration }) => {
  holds<Same<typeof message, string | null>>();
  holds<Same<typeof duration, number | null>>();
}, { replay: true });
stop();

const every: C2c.Handler = (event, { name }) => {
  holds<Same<typeof name, 'widget_loaded' | 'call_started' | 'call_ended' | 'call_error' | 'survey_submitted'>>();
  if ('rating' in event) holds<Same<typeof event.comment, string | null>>();
};
c2c.on('*', every);
c2c.off('*', every);

declare const computed: string;
const emitted = c2c.emit(computed, { at: [1, { deep: null }], left: undefined });
if (!emitted.ok) holds<Same<typeof emitted.reason, string>>();
c2c.emit('lead_qualified');

c2c.ready.then(() => c2c.appId.length);
addEventListener('c2c:ready', (event) => event.isTrusted);
