/* The hall this minute: its plan with a tile for each counter, and beside it the empty ones, the worst first. */

import { formatTime, startClock } from "../web/clock.js";
import { Live } from "../web/live.js";
import { choose, chosen, tie } from "./choices.js";
import { Panel } from "./panel.js";
import { fitWall, layOut } from "./plan.js";
import { drawEmpty, drawTile, shownState, text } from "./tile.js";
import { duration, fill, moment, number, say } from "./words.js";

const page = document.getElementById("floor");
const { hall, zone, url } = page.dataset;
const at = (id) => document.getElementById(id);
const plan = at("plan");
const agencies = new Map([...at("agency").options].filter((o) => o.value).map((o) => [o.value, { short: o.textContent, name: o.title, kind: o.dataset.kind }]));
const STATES = ["vacant", "idle", "unobserved", "serving", "waiting", "paused", "not_open", "not_due"];
const tiles = new Map();
const rows = new Map();
const rooms = new Map();

const NAMED = 12; // numbers without paper that are named before the rest is counted
const AT_FIRST = 6; // empty counters that a phone lists before it is asked for more

let allShown = false;
let floor = null;
let fetched = null; // the hall's time of the answer: what grew since then is added on

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
const panel = new Panel({ hall, zone, page, agencies, refresh: () => live.refresh() });

function draw() {
  if (!floor) return;
  const now = live.live === false ? new Date(fetched) : live.now();
  drawTotals(now);
  drawAlerts(now);
  drawChips();
  const shown = floor.counters.filter(fits);
  drawPlan(shown);
  at("nothing").hidden = shown.length > 0;
  const given = (counter) => ({ now, zone, fetched, agency: agencies.get(counter.agency)?.short ?? counter.agency, graceMinutes: floor.grace_minutes });
  for (const counter of shown) drawTile(tiles.get(counter.counter), counter, given(counter));
  drawVacant(shown, given);
  panel.draw(floor, now, fetched);
  fitWall(plan, `${page.textContent.replace(/\d+/g, "").length} ${shown.length}`);
  hideOverflow();
}

function fits(counter) {
  if (chosen("instansi") && counter.agency !== chosen("instansi")) return false;
  if (chosen("jenis") && agencies.get(counter.agency)?.kind !== chosen("jenis")) return false;
  return !chosen("keadaan") || kinds(counter).includes(chosen("keadaan"));
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
  if (floor.paperless.length) {
    const named = floor.paperless.slice(0, NAMED).map((one) => (one.shown ? say("paperless_shown", { number: one.number }) : one.number));
    const more = floor.paperless.length - named.length;
    if (more > 0) named.push(say("paperless_more", { n: number(more) }));
    lines.push({ sign: "ticket", words: say("paperless", { numbers: named.join(", ") }) });
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

/** The empty counters in a list, the worst first: the plan says where they are, the list says where to begin. */
function drawVacant(shown, given) {
  const vacant = shown.filter((c) => c.state === "vacant").sort(worstFirst);
  const all = floor.counters.filter((c) => c.state === "vacant").length;
  const title = at("vacant-text");
  at("vacant-title").hidden = vacant.length === 0;
  at("vacant").classList.toggle("is-none", vacant.length === 0);
  const words = vacant.length < all ? title.dataset.some : vacant.length === 1 ? title.dataset.one : title.dataset.many;
  text(title, fill(words, { n: number(vacant.length), all: number(all) }));
  const list = at("vacant-list");
  order(list, vacant, rows, () => newFrom("t-empty", ".empty-row button"));
  for (const counter of vacant) drawEmpty(rows.get(counter.counter), counter, given(counter));
  const well = at("all-well-text");
  at("all-well").hidden = vacant.length > 0;
  const { due, unobserved } = floor.totals;
  at("all-well").classList.toggle("is-quiet", due === 0 || all > 0);
  text(well, all > 0 ? well.dataset.filtered : due === 0 ? well.dataset.none : unobserved ? well.dataset.unseen : well.dataset.full);
}

/** A wall does not scroll and a phone is short: of the list they show what fits, and how many more there are. */
function hideOverflow() {
  const more = at("vacant-more");
  const items = [...at("vacant-list").children];
  for (const item of items) item.classList.remove("is-cut");
  more.hidden = true;
  const cut = document.documentElement.classList.contains("wall") ? belowTheEdge(items, more) : innerWidth < 640 && !allShown ? items.slice(AT_FIRST) : [];
  for (const item of cut) item.classList.add("is-cut");
  more.hidden = cut.length === 0;
  if (cut.length) text(more, fill(more.dataset.text, { n: number(cut.length) }));
}

function belowTheEdge(items, more) {
  const edge = at("vacant").getBoundingClientRect().bottom;
  if (!items.length || items.at(-1).getBoundingClientRect().bottom <= edge) return [];
  more.hidden = false;
  const room = edge - more.getBoundingClientRect().height;
  return items.filter((item) => item.getBoundingClientRect().bottom > room);
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
        choose("keadaan", chosen("keadaan") === state ? "" : state);
        draw();
      });
      box.append(chip);
    }
  }
  for (const chip of box.children) {
    const state = chip.dataset.chip;
    const count = floor.counters.filter((c) => !state || kinds(c).includes(state)).length;
    text(chip.lastChild, String(count));
    chip.hidden = state !== "" && count === 0 && chosen("keadaan") !== state;
    chip.setAttribute("aria-pressed", String(chosen("keadaan") === state));
  }
}

function drawPlan(counters) {
  plan.querySelector(":scope > .empty")?.remove();
  const byAgency = chosen("kelompok") === "instansi";
  const wanted = new Map();
  for (const counter of counters) {
    const key = byAgency ? counter.agency : counter.area;
    if (!wanted.has(key)) wanted.set(key, []);
    wanted.get(key).push(counter);
  }
  order(plan, [...wanted.keys()].map((key) => ({ counter: key })), rooms, () => at("t-room").content.firstElementChild.cloneNode(true));
  for (const [key, members] of wanted) {
    const room = rooms.get(key);
    const name = byAgency ? (agencies.get(key)?.short ?? key) : key ? say("area", { area: key }) : say("no_area");
    text(room.querySelector(".room-name"), name);
    const empty = members.filter((c) => c.state === "vacant").length;
    text(room.querySelector(".room-count"), empty ? say("room_empty", { n: number(empty) }) : "");
    order(room.querySelector("ul"), members, tiles, () => newFrom("t-tile", ".tile-open"));
  }
}

function newFrom(template, button) {
  const made = at(template).content.cloneNode(true);
  const item = made.firstElementChild;
  made.querySelector(button).addEventListener("click", () => panel.open(item.dataset.counter));
  return item;
}

/** These elements, in this order, in this list; one that stays where it is is not touched, so that no focus is lost. */
function order(list, counters, known, make) {
  const keep = new Set(counters.map((c) => c.counter));
  for (const item of [...list.children]) if (!keep.has(item.dataset.counter)) item.remove();
  counters.forEach((counter, nr) => {
    let item = known.get(counter.counter);
    if (!item) {
      item = make();
      item.dataset.counter = counter.counter;
      known.set(counter.counter, item);
    }
    if (list.children[nr] !== item) list.insertBefore(item, list.children[nr] ?? null);
  });
}

tie(() => {
  for (const room of rooms.values()) room.remove();
  rooms.clear();
  draw();
});
new ResizeObserver(() => {
  if (floor && !document.documentElement.classList.contains("wall")) layOut(plan);
}).observe(plan);
addEventListener("resize", draw);
at("vacant-more").addEventListener("click", () => {
  allShown = true;
  draw();
});

setInterval(draw, 1000); // minutes run on between answers
live.start();
