/* Which key is which move, and what is no press at all: a key held down, bounced, or meant for another program. */

export const KEYS = {
  F1: "help", F2: "call", F3: "recall", F4: "start", F5: "fresh", F6: "transfer", F7: "hold", F8: "finish", F9: "no-show", F10: "pause",
  Delete: "cancel",
  NumpadEnter: "main", NumpadAdd: "call", NumpadDivide: "recall", NumpadMultiply: "transfer", NumpadDecimal: "hold", Numpad0: "no-show",
  NumpadSubtract: "pause",
};
const BOUNCE_MS = 600; // the same key again within this is one press: after Panggil a second Enter would already be Layani
export const SURE_MS = 300; // the confirming press must come after a pause, or a double press would confirm itself
const ARMED_MS = 4000;
const STRAY_MS = 1500; // an officer typing a NIK while this window has the focus must not skip anybody

/** Tells presses from accidents. `press(source, move, guarded)` -> "do", "arm", or null for what is no press. */
export class Guard {
  #last = new Map();
  #armed = null;
  #stray = -Infinity;
  #timer = null;

  constructor({ now = () => performance.now(), onArmed = () => {} } = {}) {
    Object.assign(this, { now, onArmed });
  }

  get armed() {
    return this.#armed?.move ?? null;
  }

  /** A key that is no move: somebody types. */
  stray() {
    this.#stray = this.now();
    this.disarm();
  }

  get typing() {
    return this.now() - this.#stray < STRAY_MS;
  }

  disarm() {
    clearTimeout(this.#timer);
    if (!this.#armed) return;
    this.#armed = null;
    this.onArmed(null);
  }

  /** Whether this is only the second half of the last press of the same key or button. */
  bounced(source, move) {
    return this.#armed?.move !== move && this.now() - (this.#last.get(source) ?? -Infinity) < BOUNCE_MS;
  }

  press(source, move, guarded = false) {
    const at = this.now();
    if (this.#armed?.move === move) {
      const waited = at - this.#armed.at;
      this.#armed.at = at;
      if (waited < SURE_MS) return null;
      this.disarm();
      this.#last.set(source, at);
      return "do";
    }
    if (this.bounced(source, move)) return null;
    this.disarm();
    this.#last.set(source, at);
    if (!guarded) return "do";
    this.#armed = { move, at };
    this.#timer = setTimeout(() => this.disarm(), ARMED_MS);
    this.onArmed(move);
    return "arm";
  }
}

/** Listens for keys. `onMove(move, source)`, `onStray()`; keys belong to a dialog while one is open. */
export function listen({ guard, onMove, onTyping }) {
  // on the way down: a key that closes a dialog still belongs to the dialog
  const heard = (event) => {
    const move = event.key === "?" ? "help" : KEYS[event.code];
    const dialog = document.querySelector("dialog[open]");
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    // a button that has the focus is clicked again and again while Enter is held
    if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
    // never the browser's own meaning of these: F5 would reload, F3 search, F7 ask for caret browsing, F10 open a menu
    if (/^F([1-9]|10)$/.test(event.code) || (move && event.code.startsWith("Numpad") && !dialog)) event.preventDefault();
    if (dialog) return;
    if (!move) {
      if ((event.key.length === 1 && event.key !== " ") || /^Numpad[1-9]$/.test(event.code)) guard.stray();
      else if (event.key === "Escape") guard.disarm();
      return;
    }
    if (event.repeat) return void event.preventDefault();
    if (guard.typing && !/^F\d/.test(event.code) && move !== "help") {
      guard.stray();
      return void onTyping();
    }
    event.preventDefault();
    onMove(move, event.code);
  };
  document.addEventListener("keydown", heard, { capture: true });
}
