/* Turns over the pictures and films beside the board; without any, the panels that the page brings along. */

const SECONDS = 12;
const LONGEST_FILM_SECONDS = 300;
const FILM = /\.(mp4|webm|ogv)(\?|$)/i;

export class Slides {
  #urls = [];
  #at = -1;
  #timer = null;
  #turn = 0;

  /**
   * `box` takes the slides; `panels` are shown one after the other while there are none (those not hidden by `fits`).
   * `onPanel` is told of each; in `data-turn` stands how often it was shown before.
   */
  constructor({ box, panels, fits, onPanel }) {
    Object.assign(this, { box, panels, fits, onPanel });
  }

  /** A new list; the same list again changes nothing. */
  set(urls) {
    if (this.#timer !== null && urls.length === this.#urls.length && urls.every((url, i) => url === this.#urls[i])) return;
    this.#urls = [...urls];
    this.#at = -1;
    this.#next(0);
  }

  #next(failed) {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const slides = this.#urls.length > 0 && failed < this.#urls.length;
    this.box.hidden = !slides;
    if (!slides) return this.#panel();
    for (const panel of this.panels) panel.hidden = true;
    this.#at = (this.#at + 1) % this.#urls.length;
    const url = this.#urls[this.#at];
    const film = FILM.test(url);
    const slide = film ? this.#film(url) : Object.assign(new Image(), { src: url, alt: "" });
    const show = () => {
      if (turn !== this.#turn) return;
      const old = [...this.box.children];
      this.box.append(slide);
      requestAnimationFrame(() => requestAnimationFrame(() => slide.classList.add("shown")));
      setTimeout(() => old.forEach((element) => element.remove()), 900);
      if (film) slide.play().catch(() => turn === this.#turn && this.#next(failed + 1));
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#next(0), (film ? LONGEST_FILM_SECONDS : SECONDS) * 1000);
    };
    const skip = () => turn === this.#turn && this.#next(failed + 1);
    slide.addEventListener("error", skip);
    if (film) {
      slide.addEventListener("loadeddata", show, { once: true });
      slide.addEventListener("ended", () => turn === this.#turn && this.#next(0));
    } else {
      slide.decode().then(show, skip);
    }
    this.#timer = setTimeout(skip, SECONDS * 1000);
  }

  #film(url) {
    return Object.assign(document.createElement("video"), { src: url, muted: true, playsInline: true, preload: "auto" });
  }

  #panel() {
    for (const element of [...this.box.children]) element.remove();
    const panels = this.panels.filter((panel) => this.fits(panel));
    const now = this.#turn === 1 ? -1 : panels.findIndex((panel) => !panel.hidden);
    const next = panels[(now + 1) % panels.length];
    for (const panel of this.panels) panel.hidden = panel !== next;
    next.dataset.turn = Number(next.dataset.turn ?? -1) + 1;
    // Slides that failed to load may be there again later: begin from the first after a round of panels.
    this.#timer = setTimeout(() => this.#next(next === panels.at(-1) ? 0 : this.#urls.length), SECONDS * 1000);
    this.onPanel();
  }
}
