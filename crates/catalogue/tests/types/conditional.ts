/** The example of the documentation that asks before it reports. */

window.c2c.on('call_ended', (e) => {
  if (e.context.customerTier === 'gold' && e.duration > 30) {
    // Your own tracking call here.
  }
});
