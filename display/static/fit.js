/* Makes a long text smaller until it fits its box: a counter may be called "7", or by its whole office. */

const watched = new Set();

function shrink(element) {
  const box = element.parentElement;
  if (!box?.clientWidth) return;
  const least = Number(element.dataset.fitLeast ?? 0.4);
  const fits = () => element.scrollWidth <= element.clientWidth + 1 && element.scrollHeight <= element.clientHeight + 1 && box.scrollHeight <= box.clientHeight + 1;
  element.style.setProperty("--fit", 1);
  if (fits()) return;
  let [low, high] = [least, 1];
  for (let i = 0; i < 7; i++) {
    const middle = (low + high) / 2;
    element.style.setProperty("--fit", middle);
    if (fits()) low = middle;
    else high = middle;
  }
  element.style.setProperty("--fit", low);
}

/** Set the text and size it; nothing happens when the text is already there. */
export function fitText(element, text) {
  watched.add(element);
  if (element.textContent === text && element.style.getPropertyValue("--fit")) return;
  element.textContent = text;
  shrink(element);
}

/** Size all again: after a resize, when the font has come, when a hidden box is shown. */
export function fitAgain() {
  for (const element of watched) {
    if (element.isConnected) shrink(element);
    else watched.delete(element);
  }
}

new ResizeObserver(fitAgain).observe(document.documentElement);
document.fonts?.ready.then(fitAgain);
