/* Makes a long text smaller until it fits its box: a counter may be called "7", or by its whole office. */

const watched = new Set();

/** What is set in `--fit` sizes, of which `element` is one or holds several. */
function shrink(element) {
  const box = element.parentElement;
  if (!box?.clientWidth) return;
  const least = Number(element.dataset.fitLeast ?? 0.4);
  const fits = () => {
    const last = [...element.children].filter((part) => part.textContent).at(-1) ?? element;
    // tight lines: a letter's box is higher than its line; a list is cut off where it ends
    const slack = Number(element.dataset.fitSlack ?? 0.22) * parseFloat(getComputedStyle(last).fontSize);
    return [element, box].every((one) => one.scrollWidth <= one.clientWidth + 1 && one.scrollHeight <= one.clientHeight + slack);
  };
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

/** Size an element whose parts were written one by one. */
export function fitParts(element, changed) {
  watched.add(element);
  if (changed || !element.style.getPropertyValue("--fit")) shrink(element);
}

/** Size all again: after a resize, when the font has come, when a hidden box is shown. */
export function fitAgain() {
  for (const element of watched) {
    if (element.isConnected) shrink(element);
    else watched.delete(element);
  }
}

// The main part, not the window: it also changes when the line at the foot comes or goes.
new ResizeObserver(fitAgain).observe(document.querySelector("main"));
document.fonts?.addEventListener("loadingdone", fitAgain);
