/* Speaks every call once, in the order of the journal, and lets nothing stop the queue.
 *
 *   const voice = new Voice({
 *     storageKey: "antre.spoken.blora.Barat", now: () => live.now(), silenceUrl,
 *     onSpeaking(call, {recalled}) {}, onSilent() {},    a call begins to be spoken; nothing is spoken any more
 *     onBlocked(blocked) {},                             the browser wants a touch before it plays sound
 *     answered: () => live.refresh(),                    a promise, kept when the server has answered anew
 *   });
 *   voice.spokenUpTo        last journal number taken over from the storage, or null on a first visit
 *   voice.follow(answer, {first, restored}, lines)   a board's answer, as Live gives it; lines: those of this screen
 *   voice.begin(seq)        nothing up to seq is ever spoken: a first visit, or a journal that went back
 *   voice.hear(lines, seq)  the journal lines up to seq; ticket_called and ticket_recalled are taken
 *   voice.unlock()          from a touch or key
 *
 * A call is marked before it is spoken: a reload in the middle does not say it twice. A call older than `maxAgeSeconds`
 * when its turn comes is left out (it stands on the screen). A sound that does not load or begin in its time is tried once
 * more, then left out; on a dead line it waits for the line's return, and those behind it wait with it. What was spoken
 * stands in <html data-spoken>, what was left out in data-unspoken, as seqs.
 */

const SPOKEN_KINDS = new Set(["ticket_called", "ticket_recalled"]);
const DEAD_MS = 1000; // a line on which an answer takes longer was dead: what failed on it says nothing about the sound
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Voice {
  #queue = [];
  #last = null; // the last call taken into the queue
  #seen = null; // how far the journal is known: stored while the queue is empty, so that a restart asks for little
  #busy = false;
  #blocked = false;
  #audio = new Audio();

  constructor({ storageKey, now, silenceUrl, onSpeaking, onSilent, onBlocked, answered = async () => {}, loadMs = 6000, overrunMs = 4000, longestMs = 45000 }) {
    Object.assign(this, { storageKey, now, silenceUrl, onSpeaking, onSilent, onBlocked, answered, loadMs, overrunMs, longestMs });
    this.maxAgeSeconds = 90;
    this.#audio.preload = "auto";
    this.spokenUpTo = this.#recall();
    this.#last = this.spokenUpTo;
  }

  follow({ seq, lines }, { first, restored }, own = lines) {
    if (restored || (first && this.spokenUpTo === null)) this.begin(seq);
    else this.hear(own ?? [], seq);
  }

  begin(seq) {
    this.#queue = [];
    this.#last = seq;
    this.#seen = seq;
    this.#remember(seq);
  }

  hear(lines, seq) {
    for (const line of lines) {
      if (!SPOKEN_KINDS.has(line.kind) || !line.sound) continue;
      if (this.#last !== null && line.seq <= this.#last) continue;
      this.#last = line.seq;
      this.#queue.push(line);
    }
    this.#seen = seq;
    if (this.#blocked) this.#dropOld();
    this.#run();
  }

  /** Try whether the browser lets this page be heard, before the first citizen depends on it. */
  async probe() {
    if (this.#busy) return;
    try {
      await this.#play(this.silenceUrl);
      this.#setBlocked(false);
    } catch (error) {
      if (error.name === "NotAllowedError") this.#setBlocked(true);
    }
    this.#run();
  }

  unlock() {
    if (this.#blocked) this.probe();
  }

  // ---- the queue ----------------------------------------------------------------------------------------------------

  async #run() {
    if (this.#busy || this.#blocked) return;
    this.#busy = true;
    let spoke = false;
    try {
      for (this.#dropOld(); this.#queue.length && !this.#blocked; this.#dropOld()) {
        spoke = true;
        await this.#speak(this.#queue[0]);
      }
      if (!this.#queue.length && this.#seen !== null) this.#remember(this.#seen);
    } finally {
      this.#busy = false;
      if (spoke) this.onSilent();
    }
  }

  #dropOld() {
    while (this.#queue.length && this.#tooOld(this.#queue[0])) {
      const call = this.#queue.shift();
      this.#note("unspoken", call.seq);
      this.#remember(call.seq);
    }
  }

  async #speak(call) {
    for (let tries = 1; tries <= 2; ) {
      try {
        await this.#play(call.sound, () => {
          if (this.#queue[0] === call) this.#queue.shift();
          this.#remember(call.seq);
          this.onSpeaking(call, { recalled: call.kind === "ticket_recalled" });
        });
        this.#note("spoken", call.seq);
        return;
      } catch (error) {
        if (error.name === "NotAllowedError") {
          this.#setBlocked(true); // the call stays at the head: a touch within its time still lets it be heard
          return;
        }
        if (error.begun) break; // half of it was heard: not twice
        await pause(400);
        const asked = performance.now();
        await this.answered();
        if (this.#queue[0] !== call) return; // the journal went back meanwhile: nobody waits for this call
        if (this.#tooOld(call)) break;
        if (performance.now() - asked < DEAD_MS) tries += 1; // the line works, so it is the sound that does not
      }
    }
    if (this.#queue[0] === call) this.#queue.shift();
    this.#remember(call.seq);
    this.#note("unspoken", call.seq);
  }

  /** Play one file to its end; rejects if it does not load, does not begin or does not end within its time. */
  #play(url, onBegin = () => {}) {
    const audio = this.#audio; // one element for all: a touch blesses the element, not the page, in some browsers
    return new Promise((resolve, reject) => {
      let timer;
      let begun = false;
      let over = false; // pausing makes a pending play() fail later: it must not pause what plays by then
      const listen = new AbortController();
      const end = (settle, value) => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        listen.abort();
        audio.pause();
        settle(value);
      };
      const fail = (reason) => end(reject, Object.assign(reason instanceof Error || reason instanceof DOMException ? reason : new Error(reason), { begun }));
      const on = (name, then) => audio.addEventListener(name, then, { signal: listen.signal });
      on("ended", () => end(resolve));
      on("error", () => fail("did not load"));
      on("playing", () => {
        if (begun) return;
        begun = true;
        clearTimeout(timer);
        const length = Number.isFinite(audio.duration) ? audio.duration * 1000 : this.longestMs;
        timer = setTimeout(() => fail("did not end"), Math.min(length, this.longestMs) + this.overrunMs);
        onBegin();
      });
      timer = setTimeout(() => fail("did not begin"), this.loadMs);
      audio.src = url;
      audio.play().catch((error) => fail(error));
    });
  }

  #tooOld(call) {
    return (this.now() - Date.parse(call.at)) / 1000 > this.maxAgeSeconds;
  }

  #setBlocked(blocked) {
    if (blocked === this.#blocked) return;
    this.#blocked = blocked;
    this.onBlocked(blocked);
  }

  // ---- what was spoken ----------------------------------------------------------------------------------------------

  #note(list, seq) {
    const data = document.documentElement.dataset;
    data[list] = [...(data[list] ? data[list].split(",") : []), seq].slice(-200).join(",");
  }

  #recall() {
    try {
      const stored = localStorage.getItem(this.storageKey);
      return /^\d+$/.test(stored ?? "") ? Number(stored) : null;
    } catch {
      return null; // a browser without storage: each start is a first visit
    }
  }

  #remember(seq) {
    this.spokenUpTo = seq;
    try {
      localStorage.setItem(this.storageKey, String(seq));
    } catch {
      // without storage a reload is a first visit: the past is not spoken, nothing is spoken twice
    }
  }
}
