/* Brings the kiosk back to its start when a citizen walked away, after a warning that leaves time to stay.
 *
 *   const idle = new Idle({ onWarn(secondsLeft) {}, onStay() {}, onEnd() {} });
 *   idle.watch(quietMs, { warn: true })   from the last touch: quiet, then 20 s of warning, then onEnd
 *   idle.rest()                           nothing ends by itself now
 */

export const WARNING_SECONDS = 20; // WCAG 2.2.1: at least twenty seconds to say "I am still here"

export class Idle {
  #timer = null;
  #left = 0;
  #quiet = 0;
  #warn = true;
  #warning = false;

  constructor({ onWarn, onStay, onEnd }) {
    Object.assign(this, { onWarn, onStay, onEnd });
    // capture: a touch counts even where a screen stops it
    for (const kind of ["pointerdown", "keydown", "scroll"]) {
      document.addEventListener(kind, () => this.#touched(), { capture: true, passive: true });
    }
  }

  watch(quietMs, { warn = true } = {}) {
    this.rest();
    this.#quiet = quietMs;
    this.#warn = warn;
    this.#arm();
  }

  rest() {
    clearTimeout(this.#timer);
    this.#quiet = 0;
    if (this.#warning) this.#leaveWarning();
  }

  /** The citizen said so: the quiet time begins anew. */
  stay() {
    if (this.#warning) this.#leaveWarning();
    if (this.#quiet) this.#arm();
  }

  #touched() {
    if (this.#quiet && !this.#warning) this.#arm();
  }

  #arm() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#warn ? this.#startWarning() : this.#end()), this.#quiet);
  }

  #startWarning() {
    this.#warning = true;
    this.#left = WARNING_SECONDS;
    this.onWarn(this.#left);
    const count = () => {
      this.#left -= 1;
      if (this.#left <= 0) return this.#end();
      this.onWarn(this.#left);
      this.#timer = setTimeout(count, 1000);
    };
    this.#timer = setTimeout(count, 1000);
  }

  #leaveWarning() {
    this.#warning = false;
    clearTimeout(this.#timer);
    this.onStay();
  }

  #end() {
    this.rest();
    this.onEnd();
  }
}
