/* The touchscreen: agency, service, number. What is shown comes from the server; a number is shown only when it is stored. */

import { startClock } from "../web/clock.js";
import { Live } from "../web/live.js";
import { newKey, post, takeNumber, watchSlip } from "./ask.js";
import { drawRow, drawTile, opens, sync, why } from "./draw.js";
import { guard } from "./guard.js";
import { Idle } from "./idle.js";
import { Shown } from "./shown.js";
import { Warnings } from "./warnings.js";
import { Words, put } from "./words.js";

const QUIET_MS = { agency: 40_000, service: 60_000, result: 45_000 };
const HOME_QUIET_MS = 45_000; // another language or page is put back without a warning: nothing is lost
const FINAL = new Set(["closed", "quota_reached", "capacity_reached"]); // nothing the citizen confirms helps
const SETTLE_MS = 350; // the second half of a double touch must not press what appears under the finger
const PER_PAGE = { tiles: { upright: 15, wide: 20 }, rows: { upright: 6, wide: 6 } };

const root = document.getElementById("kiosk");
const $ = (id) => document.getElementById(id);
const { hall, zone, servicesUrl, ticketsUrl } = root.dataset;
const templates = { tile: $("t-tile"), row: $("t-row"), paper: $("t-paper") };

let board = null;
let denied = false;
let cutSince = null;
const now = { screen: "home", agency: null, service: null, page: 0, priority: null, key: null, asking: false, ticket: null, slip: null };
let stopSlip = () => {};

const live = new Live({
  hall,
  boardUrl: servicesUrl,
  pollMs: 5000,
  onBoard(answer) {
    board = answer;
    draw();
  },
  onLiveness({ live: is, since }) {
    if (is) denied = false;
    else cutSince = since;
    drawCut();
  },
  onDenied() {
    denied = true;
    drawCut();
  },
});
const words = new Words(JSON.parse(root.dataset.words), { zone, now: () => live.now() });
const warnings = new Warnings(words, { ask: () => ask(true), again: () => ask(now.confirmed), leave: () => go("home") });
const idle = new Idle({
  onWarn(seconds) {
    put($("idle-count"), String(seconds));
    put($("idle-text"), words.say("idle_text", { n: seconds }));
    if (!$("idle").open) $("idle").showModal();
  },
  onStay: () => $("idle").close(),
  onEnd: () => leave("left"),
});
const shown = new Shown({ post });

// ---- where we are -----------------------------------------------------------------------------------------------------

const agencyNow = () => board?.agencies.find((a) => a.code === now.agency);
const serviceNow = () => agencyNow()?.services.find((s) => s.code === now.service);

function go(screen, changes = {}) {
  stopSlip();
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
  Object.assign(now, { page: 0, priority: null, key: null, confirmed: false, ticket: null, slip: null, asking: false }, changes, { screen });
  if (screen === "home") Object.assign(now, { agency: null, service: null });
  if (screen === "service") now.key = newKey();
  root.dataset.screen = screen;
  for (const section of document.querySelectorAll(".screen")) section.hidden = section.dataset.screen !== screen;
  settle();
  keepWatch();
  draw();
}

/** The screen takes no touch for a moment after it changed. */
function settle() {
  root.inert = true;
  setTimeout(() => (root.inert = false), SETTLE_MS);
}

function keepWatch() {
  if (now.asking) idle.rest();
  else if (now.screen !== "home") idle.watch(QUIET_MS[now.screen]);
  else if (now.page || words.language !== "id") idle.watch(HOME_QUIET_MS, { warn: false });
  else idle.rest();
}

function reset() {
  words.use("id");
  go("home");
}

/** The screen goes on. Where it stood in for the paper, staff must know whether somebody took the number from it. */
function leave(how) {
  if (now.screen === "result" && now.slip.state !== "confirmed") {
    const code = $("qr");
    const taken = how === "touched" && insteadOfPaper(now.slip) && code.complete && code.naturalWidth > 0;
    shown.tell(now.ticket.id, taken ? "touched" : "left");
  }
  reset();
}

/** The citizen was told to keep what stands on the screen. */
const insteadOfPaper = ({ state, slow }) => slow || ["failed", "unknown", "none"].includes(state);

function openAgency(code) {
  const agency = board?.agencies.find((a) => a.code === code);
  if (!agency) return;
  if (agency.services.length === 1) go("service", { agency: code, service: agency.services[0].code });
  else go("agency", { agency: code, service: null });
}

function back() {
  const several = (agencyNow()?.services.length ?? 0) > 1;
  if (now.screen === "service" && several) go("agency", { service: null });
  else go("home");
}

// ---- asking for the number ----------------------------------------------------------------------------------------------

async function ask(confirm) {
  if (now.asking || now.screen !== "service" || !now.key) return;
  now.asking = true;
  now.confirmed = confirm;
  const { key } = now;
  keepWatch();
  draw();
  let answer;
  try {
    answer = await takeNumber({ url: ticketsUrl, key, body: { service: now.service, priority: now.priority, confirm } });
  } catch {
    answer = null; // no answer: maybe stored, maybe not; only the same key may ask again
  }
  now.asking = false;
  if (answer?.ticket) return showTicket(answer.ticket);
  keepWatch();
  draw();
  live.refresh();
  if (!answer) warnings.silent();
  else warnings.refused(answer.refusal, serviceNow());
}

function showTicket(ticket) {
  const service = serviceNow()?.name ?? ticket.service;
  const agency = agencyNow()?.name ?? ticket.agency;
  $("qr").src = `${ticket.status_url}/qr.svg`;
  go("result", { ticket: { ...ticket, serviceName: service, agencyName: agency }, slip: { ...ticket.slip, reason: null, slow: false } });
  followSlip(ticket.slip.state);
  live.refresh();
}

function followSlip(first) {
  stopSlip();
  stopSlip = watchSlip({
    url: `/api/v1/tickets/${encodeURIComponent(now.ticket.id)}/slip`,
    first,
    onState(slip) {
      now.slip = slip;
      drawSlip();
    },
  });
}

async function printAgain() {
  const { ticket } = now;
  if (!ticket || now.asking) return;
  now.asking = true;
  $("again").disabled = true;
  try {
    const { status } = await post(`/api/v1/tickets/${encodeURIComponent(ticket.id)}/reprint`, {});
    if (now.ticket === ticket && status < 300) followSlip("queued");
  } catch {
    // no answer: what was known of the slip stays on the screen
  }
  now.asking = false;
  $("again").disabled = false;
  drawSlip();
}

// ---- drawing -----------------------------------------------------------------------------------------------------------

function draw() {
  words.fill(root);
  for (const button of document.querySelectorAll(".language")) button.setAttribute("aria-pressed", button.dataset.lang === words.language);
  drawLead();
  if (board) ({ home: drawHome, agency: drawAgency, service: drawService, result: drawResult })[now.screen]();
  drawFoot();
  drawCut();
}

function drawLead() {
  const agency = agencyNow();
  const service = serviceNow();
  const lead = { step: words.say("welcome"), title: words.say("touch_agency"), more: "" };
  if (!board) lead.title = words.say("connecting");
  else if (now.screen === "home" && !board.agencies.length) lead.title = words.say("no_agencies");
  else if (now.screen === "home" && !board.open) Object.assign(lead, { step: why(board, words), title: words.say("hall_closed"), more: opens(board, words) });
  else if (now.screen === "home") lead.step = `${words.say("welcome")} · ${words.say("step", { n: 1 })}`;
  else if (now.screen === "agency" && agency) Object.assign(lead, { step: words.say("step", { n: 2 }), title: agency.name, more: words.say("touch_service") });
  else if (now.screen === "service" && service) Object.assign(lead, { step: `${words.say("step", { n: 3 })} · ${agency.short}`, title: service.name, more: words.say(FINAL.has(service.refusal) ? "no_number" : "touch_take") });
  else if (now.screen === "result") Object.assign(lead, { step: "", title: words.say("your_number"), more: words.say("listen") });
  put($("lead-step"), lead.step);
  put($("lead-title"), lead.title);
  put($("lead-more"), lead.more);
  root.dataset.closed = Boolean(board && !board.open);
}

const shape = () => (matchMedia("(orientation: landscape)").matches ? "wide" : "upright");

/** One page of a list that is longer than the screen: the first page is full, so that short lists need no paging. */
function pageOf(items, kind) {
  let size = PER_PAGE[kind][shape()];
  if (kind === "tiles" && items.length <= size + 3) size += 3;
  const pages = Math.max(1, Math.ceil(items.length / size));
  now.pages = pages;
  now.page = Math.min(now.page, pages - 1);
  return items.slice(now.page * size, (now.page + 1) * size);
}

function drawHome() {
  const list = $("agencies");
  list.dataset.few = board.agencies.length <= 6;
  list.dataset.many = board.agencies.length > PER_PAGE.tiles[shape()];
  sync(list, templates.tile, pageOf(board.agencies, "tiles"), (element, agency) => drawTile(element, agency, words));
}

function drawAgency() {
  const agency = agencyNow();
  if (!agency) return go("home");
  sync($("services"), templates.row, pageOf(agency.services, "rows"), (element, service) => drawRow(element, service, words));
}

function drawService() {
  const service = serviceNow();
  if (!service) return go("home");
  now.pages = 1;
  put($("fact-waiting"), people(service.ahead));
  put($("fact-estimate"), service.open ? words.estimate(service.estimate) : "–");
  put($("fact-serving"), service.counters.map((c) => c.name).join(", ") || words.say("no_counter"));
  const papers = service.requirements.map((text, at) => ({ code: String(at), text }));
  sync($("papers"), templates.paper, papers, (element, { text }) => put(element, text));
  $("papers-none").hidden = service.requirements.length > 0;
  const final = FINAL.has(service.refusal);
  $("facts").hidden = final;
  const note = {
    closed: () => `${why(service, words)}. ${opens(service, words)}.`,
    quota_reached: () => `${words.say("note_quota")} ${opens(service, words)}.`,
    capacity_reached: () => words.say("note_stop"),
    capacity_needs_confirmation: () => words.say("note_full"),
    unstaffed_needs_confirmation: () => words.say("note_nobody"),
  }[service.refusal]?.();
  const left = !final && service.quota_left !== null ? words.say("quota_left", { n: service.quota_left }) : "";
  put($("service-note"), note ?? left);
  $("service-note").hidden = !(note ?? left);
  $("service-note").className = `banner note ${note ? "banner-warning" : "banner-notice"}`;
  put($("priority-text"), now.priority ? words.say("priority_on") : words.say("priority"));
  $("priority").setAttribute("aria-pressed", now.priority !== null); // which kind is nobody's business who stands behind
  for (const kind of document.querySelectorAll(".kind")) kind.setAttribute("aria-pressed", (kind.dataset.kind || null) === now.priority);
  $("papers-more").hidden = $("papers").scrollHeight <= $("papers").clientHeight;
  $("priority").hidden = final;
  $("priority").disabled = now.asking;
  $("take").hidden = final;
  $("take").disabled = now.asking;
  $("take").setAttribute("aria-busy", now.asking);
  put($("take-text"), words.say(now.asking ? "taking" : "take"));
}

const people = (n) => (n ? words.say("people", { n }) : words.say("people_none"));

function drawResult() {
  const { ticket } = now;
  now.pages = 1;
  put($("result-number"), ticket.number);
  put($("result-service"), ticket.serviceName);
  put($("result-agency"), ticket.agencyName);
  put($("result-ahead"), people(ticket.ahead));
  put($("result-estimate"), words.estimate(ticket.estimate));
  drawSlip();
}

function drawSlip() {
  if (!now.ticket) return;
  const { state, reason, slow } = now.slip;
  const cause = reason && words.has(`why_${reason}`) ? words.say(`why_${reason}`) : "";
  const scan = words.say("slip_scan");
  const text = {
    confirmed: words.say("slip_confirmed"),
    none: words.say("slip_none"),
    failed: `${cause || words.say("slip_missing")} ${scan}`,
    unknown: `${cause} ${words.say("slip_maybe")} ${scan}`.trim(),
  }[state] ?? words.say(slow ? "slip_slow" : "slip_printing");
  const tone = { confirmed: "good", failed: "bad", unknown: "bad", none: "plain" }[state] ?? (slow ? "bad" : "busy");
  put($("slip-text"), text);
  $("slip").dataset.tone = tone;
  $("slip").dataset.state = state;
  $("slip-sign").className = `sign sign-${tone === "good" ? "check" : tone === "bad" ? "warning" : "printer"}`;
  const ready = ["ready", "low"].includes(board?.printer?.state);
  $("again").hidden = !(ready && ["failed", "unknown"].includes(state));
  $("done-text").dataset.word = insteadOfPaper(now.slip) ? "noted" : "done";
  put($("done-text"), words.say($("done-text").dataset.word));
}

function drawFoot() {
  const result = now.screen === "result";
  $("back").hidden = now.screen === "home" || result;
  $("back").disabled = now.asking;
  $("done").hidden = !result;
  if (!result) $("again").hidden = true;
  $("help").hidden = now.screen !== "home";
  const paged = ["home", "agency"].includes(now.screen) && now.pages > 1;
  $("pages").hidden = !paged;
  if (paged) {
    $("help").hidden = true;
    put($("page-text"), words.say("page", { n: now.page + 1, all: now.pages }));
    $("page-back").disabled = now.page === 0;
    $("page-on").disabled = now.page >= now.pages - 1;
  }
}

/** Without the server there are no numbers: said in large, over everything but a number that is already stored. */
function drawCut() {
  const cut = live.live === false && now.screen !== "result" && !now.asking;
  if (cut) {
    const since = cutSince ? words.say("since", { time: words.time(cutSince) }) : words.say("since_never");
    put($("cut-title"), denied ? words.say("denied") : since);
    put($("cut-text"), words.say("cut_text"));
  }
  $("cut").hidden = !cut;
  $("stage").inert = cut;
}

// ---- touching ----------------------------------------------------------------------------------------------------------

const touch = (id, act) => $(id).addEventListener("click", act);
$("agencies").addEventListener("click", (event) => openAgency(event.target.closest("li")?.dataset.code));
$("services").addEventListener("click", (event) => {
  const service = event.target.closest("li")?.dataset.code;
  if (service) go("service", { service });
});
touch("take", () => ask(false));
touch("back", back);
touch("done", () => leave("touched"));
touch("again", printAgain);
touch("idle-stay", () => idle.stay());
touch("idle-leave", () => leave("left"));
touch("priority", () => !now.asking && $("choose-priority").showModal());
$("kinds").addEventListener("click", (event) => {
  const kind = event.target.closest(".kind")?.dataset.kind;
  if (kind === undefined) return;
  now.priority = kind || null;
  $("choose-priority").close();
  settle();
  draw();
});
for (const [id, step] of [["page-back", -1], ["page-on", 1]]) {
  touch(id, () => {
    now.page += step;
    settle();
    keepWatch();
    draw();
  });
}
for (const button of document.querySelectorAll(".language")) {
  button.addEventListener("click", () => {
    words.use(button.dataset.lang);
    keepWatch();
    draw();
  });
}
matchMedia("(orientation: landscape)").addEventListener("change", draw);
document.addEventListener("cancel", (event) => event.preventDefault(), { capture: true }); // Escape closes no dialog here

guard();
words.use("id");
draw();
startClock({ now: () => live.now(), zone, time: $("clock-time"), date: $("clock-date") });
live.start();
