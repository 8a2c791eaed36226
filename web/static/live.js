/* Keeps a page true to its hall: a nudge tells it that the journal grew, then it asks for what it has not seen.
 *
 *   const live = new Live({
 *     namespace: "/display", hall: "blora", boardUrl: "/api/v1/halls/blora/board",
 *     onBoard(board, {first, restored}) {},  every new answer, oldest first; `restored` when the server's journal went back
 *     onLines(lines, board) {},              the journal lines after the last known one, only when there are any
 *     onLiveness({live, since}) {},          since: Date (hall's time) of the last answer, null if there never was one
 *     onDenied(status) {},                   401 or 403; it goes on asking, slowly
 *   });
 *   live.start(); ... live.stop();
 *   live.now()      Date: what the server's clock shows now (the device's own clock may be wrong)
 *   live.known      last journal number seen; live.live  whether the screen may be taken as current
 *   live.refresh()  ask now; a promise, kept when a question that began after this call is answered (304 too)
 *
 * Three things make it ask: a nudge with a higher number, a slow poll that needs no socket, and waking up (socket
 * connected, lost or fallen silent, page visible, network back). One question at a time; a nudge that comes meanwhile causes
 * one more. Only an answer counts as contact: a socket that is open while the answers fail keeps nothing current.
 *
 * A line may die without a word. So a question that stays unanswered for longer than answers take is asked again beside
 * the first, which may still be answered if the server is only slow; whichever answer comes first is taken, no other.
 * Three are asked soon, the others about once a second while nobody answers at all; where answers were quick before, a
 * screen has caught up within two seconds of the line's return. A server that answers, but with a fault, or later and
 * later, is asked less and less.
 */

import { io } from "./vendor/socket.io.esm.min.js";

const nothing = () => {};

const QUICK = 3; // so many questions are soon asked beside an unanswered one: a browser may hold several connections that the line forgot
const PROBE_MS = 1300; // how often a dead line is tried then, and how long each try may take
const HUSH_MS = 1300; // a server that repeats its last nudge at least every 1.1 s has not been heard for so long, or a little longer
const RETURN_MS = 600; // within this the sockets of a hall come back once its line is

/** A delay in ms that doubles with each failure up to `most`, spread so that a hall's screens do not return together. */
export function backoff(failures, least = 1000, most = 15000, random = Math.random) {
  const full = Math.min(most, least * 2 ** Math.min(failures, 10));
  return full / 2 + (random() * full) / 2;
}

export class Live {
  #socket = null;
  #socketTimer = null;
  #socketFailures = 0;
  #pollTimer = null;
  #ticker = null;
  #asking = false;
  #again = false;
  #waiting = []; // who wants to know of the next answer
  #wanted = 0;
  #failures = 0;
  #behind = 0;
  #took = 0; // ms that answers have been taking
  #lostAt = null; // performance.now() when the line was found dead; a socket from before may be dead without knowing
  #signAt = 0; // performance.now() of the socket's last sign of life
  #hush = null;
  #hushes = 0;
  #denied = 0;
  #etag = null;
  #etagUrl = null;
  #stopped = true;
  #first = true;
  #offset = 0;
  #contact = null; // performance.now() of the last answer: a corrected device clock must not make a dead screen look alive
  #contactAt = null; // the same moment as the hall's clock showed it
  #startedAt = 0;
  #silence = null;
  #asked = null; // ends the question under way
  #drift = 0;
  #wake = () => {
    if (document.visibilityState !== "hidden") this.#wanting();
  };

  constructor({
    namespace, hall, boardUrl,
    onBoard = nothing, onLines = nothing, onLiveness = nothing, onDenied = nothing,
    since = null, pollMs = 6000, silentMs = 9000, requestMs = 8000, headers = {},
    // silentMs: what is promised after 10 s must be drawn by then, on a slow machine too
    suspectMs = 500, // a question unanswered for so long may never be answered, unless answers have been taking longer
  }) {
    Object.assign(this, { namespace, hall, boardUrl, onBoard, onLines, onLiveness, onDenied, pollMs, silentMs, requestMs, headers, suspectMs });
    this.known = since;
    this.live = null;
  }

  /** What the server's clock shows now. */
  now() {
    return new Date(Date.now() + this.#offset);
  }

  start() {
    if (!this.#stopped) return this;
    this.#stopped = false;
    this.#startedAt = performance.now();
    this.#drift = Date.now() - performance.now();
    document.addEventListener("visibilitychange", this.#wake);
    window.addEventListener("online", this.#wake);
    window.addEventListener("pageshow", this.#wake);
    this.#ticker = setInterval(() => this.#tick(), 1000);
    this.#wanting(); // not a second question beside one that stop() has only just ended
    if (this.namespace) this.#connect();
    return this;
  }

  stop() {
    this.#stopped = true;
    document.removeEventListener("visibilitychange", this.#wake);
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("pageshow", this.#wake);
    clearInterval(this.#ticker);
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#socketTimer);
    clearTimeout(this.#silence);
    clearTimeout(this.#hush);
    this.#asked?.abort();
    this.#socket?.disconnect();
    this.#socket = null;
  }

  /** Ask now, or once more when the running request is done. */
  refresh() {
    if (this.#stopped) return Promise.resolve();
    const answered = new Promise((resolve) => this.#waiting.push(resolve));
    this.#wanting();
    return answered;
  }

  /** The same, when nobody waits for the answer. */
  #wanting() {
    if (this.#stopped) return;
    if (this.#asking) {
      this.#again = true;
    } else {
      clearTimeout(this.#pollTimer);
      this.#ask();
    }
  }

  // ---- asking -------------------------------------------------------------------------------------------------------

  async #ask() {
    this.#asking = true;
    this.#again = false;
    const waiting = this.#waiting.splice(0);
    let wait;
    const began = performance.now();
    try {
      await this.#question();
      for (const answered of waiting.splice(0)) answered();
      this.#failures = 0;
      // from answer to answer: on a slow line, too, the next one must come before the screen counts as cut off
      wait = Math.max(Math.min(1000, this.pollMs), this.pollMs * (0.85 + Math.random() * 0.3) - (performance.now() - began));
      if (this.#wanted > (this.known ?? -1)) wait = backoff(this.#behind++, 250, this.pollMs); // answered, but not yet with what the nudge announced
      else this.#behind = 0;
    } catch (error) {
      this.#waiting = [...waiting, ...this.#waiting]; // the next answer is theirs too
      if (this.#stopped) return;
      if (error instanceof Lost) {
        this.#lostAt ??= began;
        wait = backoff(this.#failures++, 500, PROBE_MS);
      } else {
        wait = backoff(this.#failures++);
        if (error instanceof Denied) wait = Math.max(wait, 15000);
        else if (!(error instanceof Faulty)) console.error("live:", error); // a fault in a page's own drawing must not end the asking
      }
    } finally {
      this.#asking = false;
    }
    if (this.#stopped) return;
    if (this.#again && this.#failures === 0) this.#ask();
    else this.#pollTimer = setTimeout(() => this.#wanting(), wait);
    this.#look(); // last: a fault in a page's own drawing must not end the asking
  }

  /** Asks until there is an answer: once, and beside it again and again while that once stays unanswered. */
  async #question() {
    const question = { began: performance.now(), done: new AbortController(), taken: false };
    this.#asked = question.done;
    const longer = (least) => Math.min(this.requestMs, Math.max(least, 2 * this.#took)) * (0.85 + Math.random() * 0.3);
    const quick = this.#contact !== null && this.#failures === 0 ? QUICK : 0;
    let timer;
    const beside = new Promise((resolve, reject) => {
      const again = (nr) => {
        timer = setTimeout(() => {
          again(nr + 1);
          const unanswered = (fault) => fault instanceof Lost || reject(fault);
          this.#fetchBoard(question, longer(PROBE_MS), { beside: true }).then(resolve, unanswered);
        }, longer(nr < quick ? this.suspectMs : PROBE_MS));
      };
      again(0);
    });
    try {
      await Promise.race([this.#fetchBoard(question, this.requestMs), beside]);
    } finally {
      clearTimeout(timer);
      question.done.abort();
    }
  }

  async #fetchBoard(question, patience, { beside = false } = {}) {
    const url = new URL(this.boardUrl, document.baseURI);
    if (this.known !== null) url.searchParams.set("since", this.known);
    const headers = { Accept: "application/json", ...this.headers };
    if (this.#etag && this.#etagUrl === url.href) headers["If-None-Match"] = this.#etag;
    const began = performance.now();
    const abort = new AbortController();
    const end = () => abort.abort();
    question.done.signal.addEventListener("abort", end);
    const timer = setTimeout(end, patience);
    let response, board;
    try {
      response = await fetch(url, { headers, cache: "no-store", credentials: "same-origin", signal: abort.signal });
      if (response.ok) board = await response.json();
    } catch (error) {
      throw new Lost(String(error));
    } finally {
      clearTimeout(timer);
      question.done.signal.removeEventListener("abort", end);
    }
    if (this.#stopped) throw new Lost("no longer wanted");
    if (question.taken) return new Promise(nothing); // an answer that another overtook may be older: it settles nothing
    if (response.status === 502) throw new Lost("502"); // the server in front cannot reach ours
    question.taken = true;
    if (beside) this.#lostAt ??= question.began; // the connection of the first is dead: so may be the socket's
    if (response.status === 401 || response.status === 403) {
      if (this.#denied !== response.status) this.onDenied((this.#denied = response.status));
      throw new Denied(String(response.status));
    }
    if (!response.ok && response.status !== 304) throw new Faulty(String(response.status));
    this.#took = Math.max(performance.now() - began, 0.7 * this.#took); // one quick answer makes no quick server
    if (response.status === 304) return this.#heard();
    if (!Number.isInteger(board?.seq)) throw new Faulty("answer without seq");
    this.#take(board);
    // The ETag belongs to the URL of the next request, which asks since the new number.
    url.searchParams.set("since", this.known);
    this.#etag = response.headers.get("ETag");
    this.#etagUrl = url.href;
  }

  #take(board) {
    if (board.now) this.#offset = Date.parse(board.now) - Date.now() || 0;
    // With one question at a time, of which one answer is taken, a lower number cannot be an answer overtaken by another:
    // the server's journal itself went back (a backup was restored). Holding on to the old number would freeze the screen until the new one grew past it.
    const restored = this.known !== null && board.seq < this.known;
    const first = this.#first;
    this.onBoard(board, { first, restored });
    if (!restored && board.lines?.length) this.onLines(board.lines, board);
    // Only now: a page that could not draw the answer has not seen it, is not current, and asks for it again.
    this.#first = false;
    this.known = board.seq;
    if (restored) this.#wanted = board.seq;
    this.#heard();
  }

  // ---- liveness -----------------------------------------------------------------------------------------------------

  #heard() {
    if (this.#denied) [this.#denied, this.live] = [0, null]; // the page showed why it was turned away: it is told anew
    this.#contact = performance.now();
    this.#contactAt = this.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#look(), this.silentMs);
    this.#look();
    if (this.#lostAt !== null) this.#returned();
  }

  #tick() {
    const drift = Date.now() - performance.now();
    if (Math.abs(drift - this.#drift) > 3000) this.#wanting(); // the device slept, or its clock was set
    this.#drift = drift;
    this.#look();
  }

  #look() {
    const live = performance.now() - (this.#contact ?? this.#startedAt) < this.silentMs && (this.#contact !== null || this.live === null);
    if (live === this.live || (live && this.#contact === null)) return;
    this.live = live;
    this.onLiveness({ live, since: this.#contactAt });
  }

  // ---- the socket: only ever says that there is something to ask for -----------------------------------------------------

  #connect() {
    const socket = io(this.namespace, {
      transports: ["websocket"],
      auth: { hall: this.hall },
      forceNew: true,
      reconnectionDelay: 1000,
      reconnectionDelayMax: 15000,
      randomizationFactor: 0.5,
      timeout: 8000,
    });
    this.#socket = socket;
    socket.on("connect", () => {
      this.#socketFailures = 0;
      this.#signAt = performance.now();
      clearTimeout(this.#hush);
      this.#wanting();
    });
    socket.on("nudge", (nudge) => {
      if (nudge?.hall !== this.hall || !Number.isInteger(nudge.seq)) return;
      this.#signAt = performance.now();
      this.#hark(); // the server repeats itself when there is no news: its silence means something
      if (nudge.seq <= Math.max(this.known ?? -1, this.#wanted)) return;
      this.#wanted = nudge.seq;
      this.#behind = 0;
      this.#wanting();
    });
    // The library returns by itself from a lost line, but not from a refusal or from being sent away: a hall that is
    // full this minute has room the next.
    const sentAway = () => {
      if (this.#stopped || socket.active) return;
      clearTimeout(this.#socketTimer);
      this.#socketTimer = setTimeout(() => socket.connect(), backoff(this.#socketFailures++, 2000, 30000));
    };
    socket.on("connect_error", sentAway);
    socket.on("disconnect", (why) => {
      // the line may be cut: then only questions find out when it is back; those that fail already have their own pace
      if (why !== "io client disconnect" && this.#failures === 0) this.#wanting();
      sentAway();
    });
  }

  /** From here on the socket's silence is noticed: it may have died without a word, and what it should have told is missing. */
  #hark() {
    clearTimeout(this.#hush);
    this.#hushes = 0;
    const patience = () => HUSH_MS * (1 + Math.random() * 0.3); // a late server is not asked by all its screens at once
    const silent = () => {
      if (this.#stopped || !this.#socket.connected) return;
      if (++this.#hushes > 2) this.#lostAt ??= this.#signAt; // not at the first: a busy server may be late with all its sockets
      if (this.#failures === 0) this.#wanting(); // questions that fail have their own pace
      this.#hush = setTimeout(silent, patience());
    };
    this.#hush = setTimeout(silent, patience());
  }

  /** The line was dead and is back: a socket from before may wait for a line that is gone, or for its next try. */
  #returned() {
    const { connected } = this.#socket ?? {};
    const since = this.#lostAt;
    this.#lostAt = null;
    if (!this.#socket || (connected && this.#signAt > since)) return;
    clearTimeout(this.#socketTimer);
    // A socket that is well says so before its hush is over: after one slow answer it is not thrown away for nothing.
    const patience = connected ? Math.max(0, this.#signAt + HUSH_MS - performance.now()) : 0;
    this.#socketTimer = setTimeout(() => {
      if (this.#stopped || (this.#socket.connected && this.#signAt > since)) return;
      this.#socket.disconnect();
      clearTimeout(this.#socketTimer);
      this.#socket.connect();
    }, patience + Math.random() * RETURN_MS);
  }
}

class Lost extends Error {} // no answer came
class Faulty extends Error {} // the server answered, but not with a board
class Denied extends Error {}
