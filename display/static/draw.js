/* Draws the board's answer: the call that matters now, the calls before it, who waits where. Takes facts, decides nothing. */

import { formatTime } from "../web/clock.js";
import { fitAgain, fitParts, fitText } from "./fit.js";

const $ = (id) => document.getElementById(id);
const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const put = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
const stamp = (id) => $(id).content.firstElementChild.cloneNode(true);

/** "Loket 7" is "Loket" and "7": the figure is what people look for. A name without a figure stays whole. */
function splitName(name) {
  const parts = /^(.{1,14}\S)\s+(\d{1,3}[A-Z]?)$/.exec(name);
  return parts ? [parts[1], parts[2]] : [name, ""];
}

/** The word that all names share before their figure ("Loket 1", "Loket 2"), or nothing. */
function sharedWord(names) {
  const split = names.map(splitName);
  return split.length && split.every(([word, figure]) => figure && word === split[0][0]) ? split[0][0] : "";
}

// ---- the big one ------------------------------------------------------------------------------------------------------

/** `kind`: called, serving, past (with a call), or loading, empty, closed (without). `key` changes when it must catch the eye. */
export function drawHero(kind, call = null, { again = false, key = null, closedText = "" } = {}) {
  const hero = $("hero");
  hero.dataset.kind = kind;
  $("hero-call").hidden = !call;
  for (const note of hero.querySelectorAll("[data-for]")) note.hidden = note.dataset.for !== kind;
  if (kind === "closed") put($("closed-text"), closedText || $("closed-text").dataset.plain);
  if (!call) return;
  const words = $("hero-label").dataset;
  put($("hero-label"), kind === "called" && again ? words.again : words[kind]);
  put($("hero-way"), $("hero-way").dataset[kind]);
  fitText($("hero-number"), call.number);
  const [word, figure] = splitName(call.counter_name);
  const name = $("hero-counter");
  name.classList.toggle("has-figure", Boolean(figure));
  const parts = [[name.querySelector(".name-word"), word], [name.querySelector(".name-figure"), figure]];
  const changed = parts.some(([part, text]) => part.textContent !== text);
  for (const [part, text] of parts) put(part, text);
  fitText($("hero-agency"), call.agency ?? "");
  fitParts(name, changed);
  if (key !== null && hero.dataset.key !== String(key)) {
    if (hero.dataset.key !== undefined && kind !== "past") catchEye($("hero-call"));
    hero.dataset.key = key;
  }
}

function catchEye(element) {
  element.classList.remove("fresh");
  void element.offsetWidth; // without this the same animation would not begin again
  element.classList.add("fresh");
}

/** The call that is being spoken, over everything; null takes it away. */
export function drawSpot(call, { recalled = false } = {}) {
  const spot = $("spot");
  spot.hidden = !call;
  if (!call) return;
  const words = $("spot-label").dataset;
  put($("spot-label"), recalled ? words.again : words.called);
  fitText($("spot-number"), call.number);
  fitText($("spot-counter"), call.counter_name);
  fitText($("spot-agency"), call.agency ?? "");
  fitAgain();
}

// ---- the calls before ---------------------------------------------------------------------------------------------------

const cells = new Map();

/** `calls`: newest first, each with `state` called, serving or done. At most 18 at a time; `page` turns over the rest. */
export function drawCalls(calls, page) {
  const live = calls.filter((call) => call.state !== "done").length;
  const [size, room] = live > 10 ? ["many", 18] : live > 6 ? ["some", 10] : ["few", 6];
  const grid = $("calls-grid");
  const resized = grid.dataset.size !== size;
  grid.dataset.size = size;
  const pages = Math.max(1, Math.ceil(live / room));
  const from = (page % pages) * room;
  const shown = calls.slice(from, from + room);
  const kept = new Set();
  shown.forEach((call, at) => {
    const key = `${call.number} ${call.counter} ${call.seq}`;
    kept.add(key);
    let cell = cells.get(key);
    if (!cell) {
      cell = stamp("t-call");
      cells.set(key, cell);
    }
    if (grid.children[at] !== cell) grid.insertBefore(cell, grid.children[at] ?? null);
    cell.dataset.state = call.state;
    cell.classList.toggle("long", call.counter_name.length > 14);
    const [number, counter, agency, state] = ["number", "counter", "agency", "state"].map((name) => cell.querySelector(`.call-${name}`));
    put(state, state.dataset[call.state]);
    put(agency, call.agency_short ?? call.agency ?? "");
    fitText(number, call.number);
    fitText(counter, call.counter_name);
  });
  for (const [key, cell] of cells) {
    if (kept.has(key)) continue;
    cell.remove();
    cells.delete(key);
  }
  $("calls-none").hidden = shown.length > 0;
  $("calls").parentElement.dataset.calls = shown.length || $("hero").dataset.kind in { called: 1, serving: 1, past: 1 } ? "some" : "none";
  if (resized) fitAgain();
}

/** Minutes up to an hour and a half, whole hours beyond. */
function estimateText({ low, high }, words) {
  return high <= 90 ? fill(words.range, { low, high }) : fill(words.hours, { low: Math.floor(low / 60), high: Math.ceil(high / 60) });
}

// ---- who waits ----------------------------------------------------------------------------------------------------------

/** Rows of the agencies; more than fourteen are turned over. */
export function drawWaiting(waiting, page) {
  const list = $("waiting-list");
  const dense = waiting.length > 7;
  const room = dense ? 14 : 7;
  const from = (page % Math.max(1, Math.ceil(waiting.length / room))) * room;
  list.dataset.size = dense ? "many" : "few";
  list.replaceChildren(
    ...waiting.slice(from, from + room).map((agency) => {
      const row = stamp("t-waiting");
      const [name, estimate, count] = ["name", "estimate", "count"].map((part) => row.querySelector(`.wait-${part}`));
      put(name, agency.short || agency.name);
      put(count, String(agency.waiting));
      // Two columns leave room for what can be read from afar: name and count; the minutes stand on slip and phone.
      if (!agency.serving_counters) put(estimate, dense ? "" : estimate.dataset.none);
      else if (!dense && agency.waiting && agency.estimate) put(estimate, estimateText(agency.estimate, estimate.dataset));
      row.dataset.serving = agency.serving_counters ? "yes" : "no";
      row.dataset.waiting = agency.waiting ? "yes" : "no";
      return row;
    }),
  );
  $("waiting-legend").hidden = !dense || waiting.every((agency) => agency.serving_counters);
  put($("waiting-total"), String(waiting.reduce((sum, agency) => sum + agency.waiting, 0)));
}

// ---- the panels beside it -------------------------------------------------------------------------------------------------

const OPEN_ROOM = 14; // agencies on one page of those that serve, in two columns
const SHUT_ROOM = 8; // counters on one page of those that do not

/** Rows of two parts each, as large as their number allows; what does not fit is there when the panel is shown again. */
function drawRows(list, template, entries, room) {
  const box = $(list);
  const page = Number(box.closest("[data-panel]").dataset.turn ?? 0);
  const from = (page % Math.max(1, Math.ceil(entries.length / room))) * room;
  const shown = entries.slice(from, from + room);
  const written = JSON.stringify(shown);
  const changed = box.dataset.written !== written;
  if (changed) {
    box.dataset.written = written;
    box.dataset.size = shown.length > 7 ? "many" : "few";
    box.replaceChildren(
      ...shown.map((parts) => {
        const row = stamp(template);
        parts.forEach((part, nr) => (row.children[nr].textContent = part));
        return row;
      }),
    );
  }
  fitParts(box, changed);
}

/** Which counters serve now, by agency, and which do not, with the hour of their return or else the reason that anybody may know. */
export function drawCounters(counters, agencies) {
  const shortNames = new Map(agencies.map((agency) => [agency.agency, agency.short || agency.name]));
  const open = new Map();
  const serving = counters.filter((one) => one.open);
  const word = sharedWord(serving.map((one) => one.name)); // said once, over the list
  put($("open-word"), word);
  for (const counter of serving) {
    const name = shortNames.get(counter.agency) ?? counter.agency;
    open.set(name, [...(open.get(name) ?? []), word ? splitName(counter.name)[1] : counter.name]);
  }
  drawRows("open-list", "t-open", [...open].map(([name, names]) => [name, names.join(", ")]), OPEN_ROOM);
  const shut = counters.filter((one) => !one.open && one.text);
  const { again, title } = $("shut-list").dataset;
  // When it opens is what they need who wait for it; what the title says need not stand on every line. The time as the
  // hall writes it: it comes with the hall's own offset.
  const back = (at) => fill(again, { time: at.slice(11, 16).replace(":", ".") });
  const why = (one) => (one.expected_at ? back(one.expected_at) : one.text === title ? "" : one.text);
  const named = (one) => `${one.name} · ${shortNames.get(one.agency) ?? one.agency}`;
  drawRows("shut-list", "t-shut", shut.map((one) => [named(one), why(one)]), SHUT_ROOM);
}

// ---- the line at the foot ---------------------------------------------------------------------------------------------------

export function drawRunning(text) {
  const line = $("running");
  $("foot").hidden = !text;
  if (line.dataset.text === text) return;
  line.dataset.text = text;
  line.classList.remove("runs");
  const once = Object.assign(document.createElement("span"), { textContent: text });
  line.replaceChildren(once);
  if (!text || once.offsetWidth <= line.clientWidth || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  line.append(Object.assign(once.cloneNode(true), { ariaHidden: "true" }));
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  line.style.setProperty("--run-seconds", `${Math.max(12, once.offsetWidth / (rem * 6))}s`);
  line.classList.add("runs");
}

// ---- whether it may be believed -----------------------------------------------------------------------------------------------

export function drawLiveness({ live, since, denied, zone }) {
  const banner = $("notlive");
  banner.hidden = live;
  document.body.classList.toggle("stale", !live);
  const words = banner.dataset;
  const text = denied ? words.denied : since ? fill(words.since, { time: formatTime(since, zone) }) : words.never;
  if (!live) put($("notlive-text"), text);
}
