/* The officer's console: keys and buttons become presses, the desk is drawn as the server has it, a broken line is told. */

import { formatTime, startClock } from "../web/clock.js";
import { Live } from "../web/live.js";
import { openHelp, preparePause, prepareTicket, prepareTransfer } from "./dialogs.js";
import { draw, hindrance, mainMove, modeOf, tick } from "./draw.js";
import { fill, put, spell } from "./format.js";
import { Guard, listen } from "./keys.js";
import { Presses } from "./press.js";

const at = (id) => document.getElementById(id);
const page = at("console");
const { hall, counter, api, zone } = page.dataset;
const words = JSON.parse(page.dataset.words);
const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const here = `${api}/halls/${encodeURIComponent(hall)}/counters/${encodeURIComponent(counter)}`;
const ticketUrl = (ticket, move) => `${api}/tickets/${encodeURIComponent(ticket.id)}/${move}`;
const GUARDED = new Set(["no-show", "cancel"]); // cannot be taken back: pressed twice
const BEAT_MS = 5000;

let desk = null;
let pressing = null; // {pending, retrying}
let settling = null; // the press is answered, the screen not yet drawn after it
let slow = null; // only a press that takes a while is shown as one: 80 short flickers a day are no calm screen
let saidTimer = null;

// ---- saying ------------------------------------------------------------------------------------------------------------

function say(text, tone = "quiet", ms = 8000) {
  clearTimeout(saidTimer);
  put(at("said"), text);
  at("said").dataset.tone = text ? tone : "quiet";
  if (text && ms) saidTimer = setTimeout(() => say(""), ms);
}

function paint() {
  if (!desk) return;
  draw(desk, words);
  paintButtons();
}

function paintButtons() {
  page.dataset.listening = pressing?.pending || settling ? "no" : "yes"; // whether a press would count now
  if (!desk) return;
  const busy = pressing?.pending && slow === "shown";
  for (const button of document.querySelectorAll(".frame [data-move]")) {
    const move = effective(button.dataset.move);
    if (move === "help") continue;
    const hindered = !live.live || busy || hindrance(move, desk, words);
    button.setAttribute("aria-disabled", String(Boolean(hindered)));
    button.setAttribute("aria-busy", String(Boolean(busy) && pressing.pending.name === move));
    button.classList.toggle("armed", guard.armed === move);
  }
  for (const button of document.querySelectorAll("[data-resume]")) button.setAttribute("aria-disabled", String(!live.live || Boolean(busy) || modeOf(desk) === "paused"));
  for (const move of GUARDED) {
    const label = document.querySelector(`[data-move="${move}"] .move-label`);
    put(label, guard.armed === move ? fill(words.again, { move: words[move], number: desk.ticket?.number ?? "" }) : words[move]);
  }
}

// ---- pressing ----------------------------------------------------------------------------------------------------------

const guard = new Guard({ onArmed: () => paintButtons() });

/** The move that a button or key means now. */
function effective(move) {
  if (move === "main") return desk ? mainMove(desk) : "call";
  if (move === "pause" && desk && modeOf(desk) === "paused") return "unpause";
  return move;
}

function press(wanted, source) {
  const move = effective(wanted);
  if (pressing?.pending || settling || guard.bounced(source, move)) return; // no press of its own, and nothing to say about it
  if (move === "help") return openHelp();
  if (move === "fresh") {
    live.refresh();
    return say(words.fresh);
  }
  const why = !desk || !live.live ? words.why_offline : hindrance(move, desk, words);
  if (why) {
    guard.disarm();
    return say(why, "warn");
  }
  if (guard.press(source, move, GUARDED.has(move)) !== "do") return;
  if (move === "pause") return askPause();
  if (move === "transfer") return askTransfer(desk.ticket);
  act(move, desk.ticket);
}

/** Sends a move. `ticket` is the one it concerns; `more` its body. */
function act(move, ticket = null, more = {}, target = "") {
  const step = (name, body = {}) => ({ url: ticketUrl(ticket, name), body });
  const steps = {
    call: () => [{ url: `${here}/call` }],
    pause: () => [{ url: `${here}/pause`, body: more }],
    unpause: () => [{ url: `${here}/resume` }],
    "sign-out": () => [{ url: `${here}/sign-out` }],
    finish: () => (ticket.state === "called" ? [step("start"), step("finish")] : [step("finish")]),
  };
  const sent = presses.send({
    name: move,
    label: words[move],
    number: ticket?.number ?? "",
    back: ticket?.returns_to ?? "",
    target,
    steps: steps[move]?.() ?? [step(move, more)],
  });
  if (!sent) say(words.why_busy, "warn");
}

const presses = new Presses({
  memory: `antre.press.${hall}.${counter}`,
  csrf,
  onState: (state) => {
    pressing = state;
    if (!state.pending) slow = clearTimeout(slow);
    else if (!slow)
      slow = setTimeout(() => {
        slow = "shown";
        paintButtons();
      }, 250);
    if (state.retrying) say(fill(words.retrying, { move: state.pending.label }), "warn", 0);
    paintButtons();
  },
  onDone: (done, answers) => {
    if (done.name === "sign-out") return void location.reload();
    tellDone(done, answers.at(-1));
    settle(done.name === "call" && answers.at(-1) === null ? 0 : 1000);
  },
  onRefused: (refused, problem) => {
    if (problem.code === "not_signed_in" || problem.code === "bad_csrf" || problem.status === 401) return startOver();
    say(problem.detail ?? words.broken, "bad", 12000);
    settle(0);
  },
  onGaveUp: (lost) => {
    say(fill(words.gave_up, { move: lost.label }), "bad", 0);
    settle(0);
  },
});

function tellDone(done, ticket) {
  const number = ticket?.number ?? done.number;
  if (done.name === "call" && !ticket) return say(words.did_none);
  if (done.name === "recall" && ticket?.state === "no_show") return say(fill(words["did_auto_no-show"], { number }), "warn");
  if (done.name === "finish" && ticket?.state === "waiting") return say(fill(words.did_return, { number, counter: done.back }), "good");
  say(fill(words[`did_${done.name}`], { number, target: done.target }), "good");
}

/** Waits until the screen shows what the press did, so that the next press meets the true state.
 *
 * A nudge may have brought it before the press itself was answered: then the answer is "nothing new", and the console
 * must not stay deaf because no board comes any more. */
function settle(ms) {
  clearTimeout(settling);
  const mine = (settling = ms ? setTimeout(settled, ms) : null);
  live.refresh().then(() => {
    if (mine && settling === mine) settled();
  });
  paintButtons();
}

function settled() {
  clearTimeout(settling);
  settling = null;
  paintButtons();
}

// ---- dialogs -----------------------------------------------------------------------------------------------------------

const askPause = preparePause({ words, onReason: (reason) => act("pause", null, { reason }) });
const askTransfer = prepareTransfer({
  words,
  own: () => desk.counter,
  load: async () => {
    const response = await fetch(`${api}/halls/${encodeURIComponent(hall)}/counters`, { cache: "no-store", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  },
  onTarget: (ticket, body, name) => act("transfer", ticket, body, name),
});
const askTicket = prepareTicket({
  words,
  onMove: (move, ticket) => {
    if (!live.live) return say(words.why_offline, "warn");
    if (move === "transfer") return void askTransfer(ticket);
    act(move, ticket);
  },
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move], [data-resume], [data-ticket]");
  if (!button || button.closest("dialog")) return;
  if (event.detail > 1) return; // the second half of a double click
  if (button.dataset.move) return press(button.dataset.move, `click ${button.dataset.move}`);
  const ticket = [...desk.next, ...desk.held, ...desk.missed].find((t) => t.id === (button.dataset.resume ?? button.dataset.ticket));
  if (!ticket) return;
  if (button.dataset.resume) {
    if (button.getAttribute("aria-disabled") === "true") return say(modeOf(desk) === "paused" ? words.why_paused : words.why_offline, "warn");
    return act("resume", ticket);
  }
  const facts = [fill(words.waited, { time: spell(ticket.waited_seconds, words) })];
  if (ticket.priority) facts.unshift(`${words.priority}: ${words[ticket.priority]}`);
  if (ticket.came_for) facts.push(fill(words.came_for, { service: ticket.came_for }));
  if (ticket.returns_to) facts.push(fill(words.returns_to, { counter: ticket.returns_to }));
  askTicket(ticket, facts);
});

listen({ guard, onMove: press, onTyping: () => say(words.why_typing, "warn") });

// ---- the line to the server ----------------------------------------------------------------------------------------------

/** The server decides anew what this browser may see: at most once in ten seconds, so that a fault does not spin. */
function startOver() {
  const memory = "antre.console.reloaded";
  if (Date.now() - Number(sessionStorage.getItem(memory) ?? 0) < 10000) return say(words.broken, "bad", 0);
  sessionStorage.setItem(memory, String(Date.now()));
  location.reload();
}

const live = new Live({
  namespace: "/counter",
  hall,
  boardUrl: `${here}/desk`,
  onBoard: (board) => {
    desk = board;
    paint();
    tick(desk, live.now(), words);
  },
  onLiveness: ({ live: alive, since }) => {
    at("notlive").hidden = alive;
    page.dataset.live = alive ? "yes" : "no";
    put(at("notlive-since"), since ? fill(words.notlive, { time: formatTime(since, zone) }) : words.notlive_never);
    put(at("notlive-more"), words.notlive_more);
    if (!alive) guard.disarm();
    paintButtons();
  },
  onDenied: startOver,
});

const heart = new Worker(page.dataset.heart);
heart.onmessage = ({ data: { status, code } }) => {
  if (status === 401 || code === "other_counter" || code === "not_signed_in" || code === "bad_csrf") startOver();
  else if (status === 204 && desk?.session.state === "lost") live.refresh();
};

startClock({ now: () => live.now(), zone, time: at("clock-time"), date: at("clock-date") });
setInterval(() => {
  if (desk) tick(desk, live.now(), words);
}, 1000);
live.start();
heart.postMessage({ url: new URL(`${here}/heartbeat`, document.baseURI).href, csrf, every: BEAT_MS });
presses.recover();
