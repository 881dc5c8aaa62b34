// The widget page of a run: makes the frames. GIVEN: { frames: [url, …], attributes: [[name, value], …], visible }.

window.secret = 'widget';
document.cookie = 'secret=widget';
localStorage.setItem('secret', 'widget');

for (const [index, url] of GIVEN.frames.entries()) {
  const frame = document.createElement('iframe');
  for (const [name, value] of GIVEN.attributes) frame.setAttribute(name, value);
  if (GIVEN.visible) frame.removeAttribute('inert');
  frame.id = `frame${index}`;
  frame.src = url;
  document.body.append(frame);
}
