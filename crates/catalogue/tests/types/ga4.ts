/** The GA4 example of the documentation. */

declare global {
  var dataLayer: IArguments[];
}

window.dataLayer = window.dataLayer || [];
function gtag(..._: unknown[]) {
  dataLayer.push(arguments);
}
gtag('js', new Date());
gtag('config', 'G-XXXXXXX');

window.c2c.on('call_started', () => gtag('event', 'call_started'));
window.c2c.on('call_ended', (e) => {
  gtag('event', 'call_ended', {
    duration: e.duration,
    reason: e.reason,
  });
});
window.c2c.on('survey_submitted', (e) => {
  gtag('event', 'survey_submitted', { rating: e.rating });
});
