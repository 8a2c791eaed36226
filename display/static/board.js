/* The waiting room's screen: puts the live board, the voice and the slides together. */

import { startClock } from "../web/clock.js";
import { Live } from "../web/live.js";
import { drawCalls, drawCounters, drawHero, drawLiveness, drawRunning, drawSpot, drawWaiting } from "./draw.js";
import { fitAgain, fitText } from "./fit.js";
import { Slides } from "./slides.js";
import { Voice } from "./voice.js";

const SPOT_SECONDS = 5; // how long a spoken call covers the screen
const PAGE_SECONDS = 10; // how long one page of a list that does not fit is shown

const wall = document.getElementById("wall");
const { hall, zone, area, boardUrl, silenceUrl } = wall.dataset;
const soundButton = document.getElementById("sound-button");

let board = null;
let speaking = null;
let page = 0;
let spotTimer = null;
let liveness = { live: true, since: null, denied: 0 };

const voice = new Voice({
  storageKey: `antre.spoken.${hall}.${area}`,
  now: () => live.now(),
  silenceUrl,
  onSpeaking(call, { recalled }) {
    speaking = call;
    clearTimeout(spotTimer);
    drawSpot(named(call), { recalled });
    spotTimer = setTimeout(() => drawSpot(null), SPOT_SECONDS * 1000);
    draw();
  },
  onSilent() {
    speaking = null;
    drawSpot(null);
    draw();
  },
  onBlocked(blocked) {
    soundButton.hidden = !blocked;
    document.body.classList.toggle("wants-touch", blocked);
  },
  answered: () => live.refresh(),
});

const live = new Live({
  namespace: "/display",
  hall,
  boardUrl,
  since: voice.spokenUpTo,
  onBoard(answer, how) {
    board = answer;
    voice.maxAgeSeconds = answer.speak_max_age_seconds ?? voice.maxAgeSeconds;
    voice.follow(answer, how, ours(answer));
    draw();
    slides.set(answer.slides ?? []);
  },
  onLiveness({ live: alive, since }) {
    liveness = { ...liveness, live: alive, since, denied: alive ? 0 : liveness.denied };
    drawLiveness({ ...liveness, zone });
  },
  onDenied(status) {
    liveness = { ...liveness, live: false, denied: status };
    drawLiveness({ ...liveness, zone });
  },
});

/** The lines of this zone's counters: a screen in one wing does not call for the other. */
function ours(answer) {
  if (!area) return answer.lines ?? [];
  const here = new Set((answer.counters ?? []).map((counter) => counter.counter));
  return (answer.lines ?? []).filter((line) => here.has(line.counter));
}

function draw() {
  if (!board) return drawHero("loading");
  const calling = (board.calling ?? []).map(named);
  const past = (board.last_calls ?? []).map(named);
  const hero = heroCall(calling, past);
  if (hero.call) drawHero(hero.kind, hero.call, { again: hero.again, key: `${hero.call.number} ${hero.call.counter} ${hero.call.seq}` });
  else drawHero(hero.kind, null, { closedText: hero.text });
  const same = (a, b) => a && a.number === b.number && a.counter === b.counter;
  const atCounters = calling.filter((call) => !same(hero.call, call));
  const gone = past
    .filter((call, at) => !same(hero.call, call) && !calling.some((one) => same(one, call)) && past.findIndex((one) => same(one, call)) === at)
    .map((call) => ({ ...call, state: "done" }));
  drawCalls([...atCounters.sort((a, b) => b.seq - a.seq), ...gone], page);
  drawWaiting(board.waiting ?? [], page);
  drawCounters(board.counters ?? [], board.waiting ?? []);
  drawRunning(board.running_text ?? "");
}

/** A call with its agency's full name for the big one and the short one for a list. */
function named(call) {
  const agency = (board.waiting ?? []).find((one) => one.agency === call.agency || one.name === call.agency);
  return agency ? { ...call, agency: agency.name, agency_short: agency.short || agency.name } : call;
}

/** Which call is the big one: the one being spoken, else the newest at a counter, else the last of the day. */
function heroCall(calling, past) {
  if (speaking) {
    const now = calling.find((call) => call.number === speaking.number && call.counter === speaking.counter);
    return { kind: "called", call: now ?? named(speaking), again: speaking.kind === "ticket_recalled" };
  }
  if (calling.length) {
    const newest = calling.reduce((a, b) => (b.seq > a.seq ? b : a));
    return { kind: newest.state === "serving" ? "serving" : "called", call: newest, again: newest.recalls > 0 };
  }
  const counters = board.counters ?? [];
  // a counter that is due but empty or pausing is no closed hall: those who wait for it must not go home
  if (counters.length && counters.every((counter) => !counter.open && !counter.due)) {
    const texts = new Set(counters.map((counter) => counter.text).filter(Boolean));
    return { kind: "closed", text: texts.size === 1 ? [...texts][0] : "" };
  }
  if (past.length) return { kind: "past", call: past[0] };
  return { kind: "empty" };
}

const slides = new Slides({
  box: document.getElementById("slides"),
  panels: [...document.querySelectorAll("[data-panel]")],
  onPanel() {
    if (board) drawCounters(board.counters ?? [], board.waiting ?? []);
    fitAgain(); // what was written while it was hidden had no size
  },
  fits: (panel) => !panel.querySelector("ul") || panel.querySelector("ul").childElementCount > 0,
});

const title = wall.querySelector("h1");
fitText(title, title.textContent);
drawHero("loading");
startClock({ now: () => live.now(), zone, time: document.getElementById("clock-time"), date: document.getElementById("clock-date") });
setInterval(() => {
  page += 1;
  draw();
  fitAgain();
}, PAGE_SECONDS * 1000);

for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, () => voice.unlock());

// A wall screen must not fall asleep; where the browser does not offer this, its start options do it.
const stayAwake = () => document.visibilityState === "visible" && navigator.wakeLock?.request("screen").catch((error) => console.info("wake lock:", error.message));
document.addEventListener("visibilitychange", stayAwake);
stayAwake();

live.start();
voice.probe();
