/* Many waiting-room screens in one process: the pages' own Live and Voice, with the least of a browser around them.
 *
 *   node screens.js '{"root": FOLDER, "hall": CODE, "token": TOKEN, "lines": [{"url": URL, "screens": 25}, ...]}'
 *
 * Says what each screen sees, a JSON line each: {c: screen, line, at: ms, ...} with one of
 *   {seq, restored, first}   a board was drawn      {live}             what the banner says
 *   {spoken, number}         a call began to sound  {reloaded}         the page is loaded anew
 *   {denied}                 turned away
 *   {took: ms}               a question was answered
 * and {late: ms} when the process itself was late, on a busy machine.
 * Hears one word a line: "reload" loads every page anew, the storage stays; "stop" ends it.
 */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { root, hall, token, lines } = JSON.parse(process.argv[2]);
const say = (what) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...what })}\n`);

// ---- the least of a browser ---------------------------------------------------------------------------------------------

const stored = new Map();
const page = new EventTarget();
const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
define("window", globalThis);
define("self", globalThis);
define("addEventListener", page.addEventListener.bind(page));
define("removeEventListener", page.removeEventListener.bind(page));
define("dispatchEvent", page.dispatchEvent.bind(page));
define("document", Object.assign(new EventTarget(), { visibilityState: "visible", baseURI: lines[0].url, documentElement: { dataset: {} } }));
define("localStorage", {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, String(value)),
});

/**
 * Each browser has connections of its own, six at most: here a screen is known by a header of its questions. Node opens
 * one anew for each question given up, before there is anything to ask; made on a silent line it stays dead when the line
 * is back, and the next question would wait on it. A browser opens none without a question, so such a pool is put away, with
 * the good connections in it.
 */
const plain = globalThis.fetch;
await plain("data:,");
const { constructor: Pools } = globalThis[Symbol.for("undici.globalDispatcher.1")];
const pools = new Map();
define("fetch", (url, { headers, ...how }) => {
  const { "X-Screen": c } = headers;
  if (!pools.has(c)) pools.set(c, new Pools({ connections: 6 }));
  const pool = pools.get(c);
  const asked = performance.now();
  how.signal.addEventListener("abort", () => {
    if (pools.get(c) !== pool) return;
    pools.delete(c);
    pool.close().catch((fault) => console.error(fault)); // what is under way in it ends by itself
  });
  return plain(url, { headers, ...how, dispatcher: pool }).then((answer) => {
    say({ c: Number(c), took: performance.now() - asked });
    return answer;
  });
});

/** The cookie that a paired browser sends with its socket is a token here; the address is the screen's own line. */
const Socket = globalThis.WebSocket;
define("WebSocket", class extends Socket {
  constructor(url, protocols) {
    super(url, { protocols, headers: { Authorization: `Bearer ${token}`, Origin: new URL(url).origin.replace("ws", "http") } });
  }
});

/** A loudspeaker on which every sound takes a moment. */
define("Audio", class extends EventTarget {
  duration = 0.02;
  async play() {
    await null;
    this.dispatchEvent(new Event("playing"));
    setTimeout(() => this.dispatchEvent(new Event("ended")), 20);
  }
  pause() {}
});

// ---- the screens ---------------------------------------------------------------------------------------------------------

const { Live } = await import(pathToFileURL(`${root}/web/static/live.js`));
const { Voice } = await import(pathToFileURL(`${root}/display/static/voice.js`));

class Screen {
  constructor(c, line, url) {
    Object.assign(this, { c, line, url });
    this.open();
  }

  tell(what) {
    say({ c: this.c, line: this.line, ...what });
  }

  open() {
    define("location", new URL(this.url)); // where its socket goes to
    document.baseURI = this.url;
    const voice = new Voice({
      storageKey: `antre.spoken.${this.c}`,
      now: () => live.now(),
      silenceUrl: "",
      onSpeaking: (call) => this.tell({ spoken: call.seq, number: call.number }),
      onSilent() {},
      onBlocked() {},
    });
    const live = new Live({
      namespace: "/display",
      hall,
      boardUrl: `${this.url}/api/v1/halls/${hall}/board`,
      since: voice.spokenUpTo,
      headers: { Authorization: `Bearer ${token}`, "X-Screen": String(this.c) },
      onBoard: (answer, how) => {
        voice.maxAgeSeconds = answer.speak_max_age_seconds ?? voice.maxAgeSeconds;
        voice.follow(answer, how);
        this.tell({ seq: answer.seq, ...how });
      },
      onLiveness: ({ live: alive }) => this.tell({ live: alive }),
      onDenied: (status) => this.tell({ denied: status }),
    });
    this.live = live.start();
  }

  reload() {
    this.live.stop();
    this.tell({ reloaded: true });
    this.open();
  }
}

const screens = lines.flatMap(({ url, screens: many }, line) => Array.from({ length: many }, (_, nr) => [line, url, nr])).map(([line, url], c) => new Screen(c, line, url));

/** How late this process is with everything: a busy machine is no fault of a screen. */
let due = performance.now() + 100;
setInterval(() => {
  const late = performance.now() - due;
  if (late > 100) say({ late });
  due = performance.now() + 100;
}, 100);

for await (const word of createInterface({ input: process.stdin })) {
  if (word === "reload") for (const screen of screens) screen.reload();
  if (word === "stop") break;
}
process.exit(0);
