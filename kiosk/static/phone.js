/* A citizen's own ticket: asks at the pace that the server tells, says honestly when it last heard, and calls the citizen. */

import { post } from "./ask.js";
import { Alarm } from "./alarm.js";
import { Words, put } from "./words.js";

const SILENT_MS = 9000; // without an answer for so long the page says that it is not current, if it asks that often: within 10 s
const ANSWER_MS = 5500; // and else so long after the next answer was due: a line may die without a word
const FIRST_RETRY_MS = 1000;
const PATIENT_MS = 8000;
const HASTY_MS = 2500; // a browser holds up to six connections, all dead on a line that died, and tries one with each question
const HASTY = 8; // so many tries follow each other at once, and only every fourth is a patient one
const LONGEST_RETRY_MS = 10_000;

const root = document.getElementById("phone");
const $ = (id) => document.getElementById(id);
const { stateUrl, cancelUrl, zone } = root.dataset;

let known = null;
let etag = null;
let offset = 0; // server's clock minus this phone's
let heard = null; // performance.now() of the last answer
let heardAt = null; // the same by the hall's clock
let pace = 15;
let failures = 0;
let gone = false;
let timer = null;
let asking = false;
let again = false;

const hallNow = () => new Date(Date.now() + offset);
const words = new Words(JSON.parse(root.dataset.words), { zone, now: hallNow });
const alarm = new Alarm();

// ---- asking ------------------------------------------------------------------------------------------------------------

async function ask() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  clearTimeout(timer);
  const abort = new AbortController();
  const limit = setTimeout(() => abort.abort(), failures % 4 === 0 ? PATIENT_MS : HASTY_MS);
  let wait;
  try {
    const headers = { Accept: "application/json" };
    if (etag) headers["If-None-Match"] = etag;
    const response = await fetch(stateUrl, { headers, cache: "no-store", credentials: "same-origin", signal: abort.signal });
    if (response.ok) take(await response.json(), response.headers.get("ETag"));
    else if (response.status === 404) gone = true;
    else if (response.status !== 304) throw new Error(String(response.status));
    heard = performance.now();
    heardAt = hallNow();
    failures = 0;
    wait = gone || pace === null ? null : pace * 1000 * (0.9 + Math.random() * 0.2);
  } catch {
    wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures++ - HASTY)) * (0.75 + Math.random() * 0.5);
  } finally {
    clearTimeout(limit);
    asking = false;
  }
  draw();
  if (again) {
    again = false;
    return ask();
  }
  if (wait !== null) timer = setTimeout(ask, wait);
}

function take(state, tag) {
  offset = Date.parse(state.now) - Date.now() || 0;
  etag = tag;
  pace = state.poll_seconds;
  const called = state.state === "called" && (known?.state !== "called" || state.recalls > known.recalls || state.counter !== known.counter);
  known = state;
  if (called) alarm.ring();
  if (state.state !== "called") alarm.hush();
}

// ---- drawing -----------------------------------------------------------------------------------------------------------

function draw() {
  words.fill(root);
  put($("language"), words.language === "id" ? "English" : "Bahasa Indonesia");
  $("language").lang = words.language === "id" ? "en" : "id";
  drawLiveness();
  if (gone) {
    put($("state"), words.say("gone"));
    $("line").hidden = $("actions").hidden = true;
    return;
  }
  if (!known) return;
  const { state, counter } = known;
  root.dataset.state = state;
  put($("number"), known.number);
  put($("service"), known.service);
  put($("agency"), known.agency);
  put($("issued"), words.say("issued", { when: words.when(known.issued_at) }));
  const called = state === "called" && counter;
  put($("state"), called ? words.say("go_to", { counter }) : words.say(`state_${state}`));
  put($("more"), moreOf(known));
  document.title = called ? `${words.say("go_to", { counter })} · ${known.number}` : `${known.number} · ${words.say(`state_${state}`)}`;
  drawLine();
  const open = ["waiting", "held", "no_show"].includes(state);
  $("actions").hidden = !open;
  $("cancel").hidden = state !== "waiting";
  $("alert").hidden = alarm.ready;
  $("alert-on").hidden = !alarm.ready;
  if (state !== "waiting" && $("sure").open) $("sure").close();
}

function moreOf({ state, counter, ahead, recalls, serving_now: serving }) {
  if (state === "waiting") return ahead === 0 && serving ? words.say("next") : "";
  if (state === "called") return words.say(recalls ? "go_again" : "go_now");
  if (state === "serving") return counter ? words.say("at", { counter }) : "";
  return words.has(`text_${state}`) ? words.say(`text_${state}`) : "";
}

function drawLine() {
  const { state, ahead, estimate, serving_now: serving, counter } = known;
  $("line").hidden = state !== "waiting" || ahead === null;
  if ($("line").hidden) return;
  put($("ahead"), ahead ? words.say("ahead", { n: ahead }) : words.say("ahead_none"));
  put($("estimate"), words.estimate(estimate));
  put($("serving"), !serving ? words.say("nobody") : counter ? words.say("only_counter", { counter }) : words.say("counters", { n: serving }));
}

function drawLiveness() {
  put($("updated"), heardAt ? words.say("updated", { time: words.time(heardAt) }) : "");
  const silence = performance.now() - heard;
  const overdue = pace !== null && silence > Math.max(SILENT_MS, pace * 1100 + ANSWER_MS);
  const silent = heard === null ? failures > 0 : overdue || (failures > 0 && silence > SILENT_MS);
  $("notlive").hidden = !silent;
  if (silent) put($("notlive-text"), heardAt ? words.say("since", { time: words.time(heardAt) }) : words.say("since_never"));
}

// ---- touching ----------------------------------------------------------------------------------------------------------

$("language").addEventListener("click", () => {
  words.use(words.language === "id" ? "en" : "id");
  try {
    sessionStorage.setItem("antre-language", words.language);
  } catch {
    // storage may be forbidden: then the choice lasts as long as the page
  }
  draw();
});
$("alert").addEventListener("click", () => {
  alarm.prepare();
  draw();
});
$("cancel").addEventListener("click", () => {
  put($("sure-title"), words.say("cancel_title", { number: known.number }));
  $("sure-fault").hidden = true;
  $("sure").showModal();
});
$("sure-no").addEventListener("click", () => $("sure").close());
$("sure-yes").addEventListener("click", async () => {
  $("sure-yes").disabled = true;
  let fault = "cancel_failed";
  try {
    const { status, data } = await post(cancelUrl, {}, {}, 8000);
    if (status === 200) {
      take(data, null);
      fault = null;
    } else if (data?.code === "illegal_move") fault = "cancel_late";
  } catch {
    // no answer: it may be cancelled all the same; asking again tells
  }
  $("sure-yes").disabled = false;
  if (fault) {
    put($("sure-fault"), words.say(fault));
    $("sure-fault").hidden = false;
    ask();
  } else {
    $("sure").close();
    draw();
  }
});

for (const kind of ["online", "pageshow"]) window.addEventListener(kind, () => known && pace !== null && ask());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && pace !== null && ask());
setInterval(drawLiveness, 500);

try {
  words.use(sessionStorage.getItem("antre-language") ?? document.documentElement.lang);
} catch {
  words.use(document.documentElement.lang);
}
draw();
ask();
