/* The hall this minute: the counters that should be open and stand empty first, then every other one. */

import { formatTime, startClock } from "../web/clock.js";
import { Live } from "../web/live.js";
import { drawTile, shownState, text } from "./tile.js";
import { duration, moment, number, say } from "./words.js";

const page = document.getElementById("floor");
const { hall, zone, url } = page.dataset;
const at = (id) => document.getElementById(id);
const agencySelect = at("agency");
const groupingSelect = at("grouping");
const agencies = new Map([...agencySelect.options].filter((o) => o.value).map((o) => [o.value, o.textContent]));
const STATES = ["vacant", "idle", "unobserved", "serving", "waiting", "paused", "not_open", "not_due"];
const tiles = new Map();
const groups = new Map();

let floor = null;
let fetched = null; // the hall's time of the answer: what grew since then is added on
let chosen = "";
let fitted = "";

const live = new Live({
  namespace: "/admin",
  hall,
  boardUrl: url,
  onBoard(answer, { first }) {
    floor = answer;
    fetched = Date.parse(answer.now);
    draw();
    // not before: until the server has told its time there is only the device's, which may be another day's
    if (first) startClock({ now: () => live.now(), zone, time: at("clock-time"), date: at("clock-date") });
  },
  onLiveness({ live: alive, since }) {
    const banner = at("notlive");
    banner.hidden = alive;
    document.body.classList.toggle("stale", !alive);
    if (!alive) text(at("notlive-text"), since ? fill(banner.dataset.since, { time: formatTime(since, zone) }) : banner.dataset.never);
  },
  onDenied() {
    const banner = at("notlive");
    banner.hidden = false;
    text(at("notlive-text"), banner.dataset.denied);
  },
});

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function draw() {
  if (!floor) return;
  const now = live.live === false ? new Date(fetched) : live.now();
  drawTotals(now);
  drawAlerts(now);
  drawChips();
  const shown = floor.counters.filter(fits);
  const vacant = shown.filter((c) => c.state === "vacant").sort(worstFirst);
  drawVacant(vacant);
  const rest = shown.filter((c) => c.state !== "vacant");
  place(at("vacant-tiles"), vacant);
  drawGroups(rest);
  at("nothing").hidden = shown.length > 0;
  for (const counter of shown) {
    drawTile(tiles.get(counter.counter), counter, { now, zone, fetched, agency: agencies.get(counter.agency) ?? counter.agency, graceMinutes: floor.grace_minutes });
  }
  fitWall();
}

/** On a wall the whole hall is on the screen: the largest letters with which nothing falls off its lower edge. */
function fitWall() {
  const root = document.documentElement;
  if (!root.classList.contains("wall")) return;
  const content = `${innerWidth} ${innerHeight} ${page.textContent.replace(/\d+/g, "").length} ${tiles.size}`;
  if (content === fitted) return;
  fitted = content;
  for (let size = 24; size >= 12; size -= 1) {
    root.style.fontSize = `${size}px`;
    if (root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth) return;
  }
}

function fits(counter) {
  if (agencySelect.value && counter.agency !== agencySelect.value) return false;
  return !chosen || kinds(counter).includes(chosen);
}

/** What a counter may be chosen by: its state as it is shown, and whether it lets people wait without calling. */
function kinds(counter) {
  const state = shownState(counter, new Date(fetched), zone);
  return counter.idle_while_waiting ? [state, "idle"] : [state];
}

/** Empty beyond the grace time before just empty, then by whom it holds up, then by how long. */
function worstFirst(a, b) {
  return a.grace - b.grace || b.stranded - a.stranded || b.waiting - a.waiting || Date.parse(a.since) - Date.parse(b.since);
}

function drawTotals(now) {
  const grown = Math.max(0, now - fetched) / 60000;
  const totals = { ...floor.totals, citizen_minutes: floor.totals.citizen_minutes + floor.totals.waiting * grown };
  for (const box of page.querySelectorAll("[data-total]")) {
    text(box, number(totals[box.dataset.total]));
    const whole = box.parentElement;
    if ("zero" in whole.dataset) whole.classList.toggle("is-zero", totals[box.dataset.total] === 0);
  }
  const longest = at("longest");
  text(longest, totals.waiting ? fill(longest.dataset.text, { time: duration(totals.waiting_longest + grown, { short: true }) }) : "");
}

function drawAlerts(now) {
  const list = at("alerts");
  const lines = floor.down.map(({ what, since }) => {
    const [kind, code] = what.split(/:(.*)/);
    const counter = floor.counters.find((c) => c.counter === code)?.name ?? code;
    return { sign: "offline", words: say(`down.${kind}`, { counter, time: moment(new Date(since), now, zone) }) };
  });
  for (const printer of floor.printers) {
    if (printer.reason === null || !["trouble", "low"].includes(printer.state)) continue;
    const words = say("printer", { printer: printer.kiosk ?? printer.printer, trouble: say(`printer.${printer.reason}`, {}, "printer.trouble") });
    lines.push({ sign: "printer", words: `${words} · ${say("since", { time: moment(new Date(printer.since), now, zone) })}`, low: printer.state === "low" });
  }
  list.hidden = lines.length === 0;
  while (list.children.length > lines.length) list.lastChild.remove();
  lines.forEach((line, nr) => {
    let item = list.children[nr];
    if (!item) {
      item = document.createElement("li");
      item.append(document.createElement("span"), document.createElement("span"));
      item.firstChild.setAttribute("aria-hidden", "true");
      list.append(item);
    }
    item.className = `banner ${line.low ? "banner-notice" : "banner-warning"}`;
    item.firstChild.className = `sign sign-${line.sign}`;
    text(item.lastChild, line.words);
  });
}

function drawVacant(vacant) {
  const all = floor.counters.filter((c) => c.state === "vacant").length;
  at("vacant").hidden = vacant.length === 0;
  const title = at("vacant-text");
  text(title, vacant.length === 1 ? title.dataset.one : fill(title.dataset.many, { n: number(vacant.length) }));
  const well = at("all-well-text");
  at("all-well").hidden = all > 0;
  const { due, unobserved } = floor.totals;
  at("all-well").classList.toggle("is-quiet", due === 0);
  text(well, due === 0 ? well.dataset.none : unobserved ? well.dataset.unseen : well.dataset.full);
}

function drawChips() {
  const box = at("chips");
  if (!box.firstChild) {
    for (const state of ["", ...STATES]) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.dataset.chip = state;
      if (state) chip.dataset.state = { idle: "paused", not_open: "not_due" }[state] ?? state;
      chip.append(document.createElement("span"), document.createElement("b"));
      chip.firstChild.textContent = say(`state.${state || "all"}`);
      chip.addEventListener("click", () => {
        chosen = chosen === state ? "" : state;
        draw();
      });
      box.append(chip);
    }
  }
  for (const chip of box.children) {
    const state = chip.dataset.chip;
    const count = floor.counters.filter((c) => !state || kinds(c).includes(state)).length;
    text(chip.lastChild, String(count));
    chip.hidden = state !== "" && count === 0 && chosen !== state;
    chip.setAttribute("aria-pressed", String(chosen === state));
  }
}

function drawGroups(counters) {
  const box = at("groups");
  box.querySelector(":scope > .empty")?.remove();
  const byArea = groupingSelect.value === "area";
  const wanted = new Map();
  for (const counter of counters) {
    const key = byArea ? counter.area : counter.agency;
    if (!wanted.has(key)) wanted.set(key, []);
    wanted.get(key).push(counter);
  }
  for (const [key, group] of groups) {
    if (!wanted.has(key)) {
      group.remove();
      groups.delete(key);
    }
  }
  let before = null;
  for (const [key, members] of wanted) {
    let group = groups.get(key);
    if (!group) {
      group = at("t-group").content.firstElementChild.cloneNode(true);
      groups.set(key, group);
    }
    text(group.querySelector("h2"), byArea ? (key ? say("area", { area: key }) : say("no_area")) : (agencies.get(key) ?? key));
    const next = before ? before.nextElementSibling : box.firstElementChild;
    if (next !== group) box.insertBefore(group, next);
    before = group;
    place(group.querySelector("ul"), members);
  }
}

/** The tiles of these counters, in this order, in this list; a tile that stays where it is is not touched. */
function place(list, counters) {
  const keep = new Set(counters.map((c) => c.counter));
  for (const tile of [...list.children]) if (!keep.has(tile.dataset.counter)) tile.remove();
  counters.forEach((counter, nr) => {
    let tile = tiles.get(counter.counter);
    if (!tile) {
      tile = at("t-tile").content.firstElementChild.cloneNode(true);
      tile.dataset.counter = counter.counter;
      tiles.set(counter.counter, tile);
    }
    if (list.children[nr] !== tile) list.insertBefore(tile, list.children[nr] ?? null);
  });
}

const KEPT = `antre.floor.grouping.${hall}`;
try {
  groupingSelect.value = localStorage.getItem(KEPT) ?? groupingSelect.value;
} catch (error) {
  console.info("no storage:", error.message);
}
groupingSelect.addEventListener("change", () => {
  for (const group of groups.values()) group.remove();
  groups.clear();
  try {
    localStorage.setItem(KEPT, groupingSelect.value);
  } catch (error) {
    console.info("no storage:", error.message);
  }
  draw();
});
agencySelect.addEventListener("change", draw);

setInterval(draw, 1000); // minutes run on between answers
live.start();
