/* Words and durations as the console says them. */

/** Fills `{name}` in a sentence. */
export function fill(sentence, values = {}) {
  return String(sentence ?? "").replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Seconds as a running clock: 0:07, 12:30, 1:02:05. */
export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  return hours ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** Seconds in words: 40 detik, 12 menit, 1 jam 5 menit. */
export function spell(seconds, words) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return fill(words.seconds, { n: s });
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? fill(words.minutes, { n: minutes }) : fill(words.hours, { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** Puts text into an element only when it differs, so that nothing is read out or drawn again for nothing. */
export function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** An element with a class, a text and attributes. */
export function make(tag, { cls = "", text = "", ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (cls) element.className = cls;
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(Boolean));
  return element;
}
