/** The example of the documentation that emits an event of its own. */

export function onChatOpened() {
  window.c2c.emit('chat_opened', { source: 'widget' });
}
