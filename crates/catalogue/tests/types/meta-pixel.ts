/** The Meta Pixel example of the documentation. */

declare function fbq(command: 'init' | 'track', what: string): void;

fbq('init', 'YOUR_PIXEL_ID');
fbq('track', 'PageView');

window.c2c.on('call_started', () => fbq('track', 'Lead'));
