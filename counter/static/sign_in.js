/* Signing in: the counter is remembered on this machine, a refusal is told, and a slowed account is counted down. */

import { startClock } from "../web/clock.js";
import { fill } from "./format.js";

const page = document.getElementById("enter");
const words = JSON.parse(page.dataset.words);
const form = document.getElementById("form");
const fault = document.getElementById("fault");
const go = document.getElementById("go");
const [counter, nip, pin] = ["counter", "nip", "pin"].map((id) => document.getElementById(id));
const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const memory = `antre.counter.${page.dataset.hall}`;
const offset = Date.parse(page.dataset.now) - Date.now(); // the hall's clock, whatever this machine believes
let blocked = null;

function tell(text) {
  fault.textContent = text;
  fault.hidden = !text;
}

function remembered() {
  try {
    return localStorage.getItem(memory);
  } catch {
    return null; // a browser that forbids storage asks every time
  }
}

function remember(code) {
  try {
    localStorage.setItem(memory, code);
  } catch {
    // nothing is lost but the convenience
  }
}

function block(seconds) {
  clearInterval(blocked);
  const until = performance.now() + seconds * 1000;
  const show = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    go.disabled = left > 0;
    if (left > 0) return tell(fill(words.wait, { n: left }));
    clearInterval(blocked);
    tell("");
    pin.focus();
  };
  blocked = setInterval(show, 250);
  show();
}

async function look() {
  try {
    const response = await fetch(page.dataset.api, { cache: "no-store", headers: { Accept: "application/json" } });
    if (!response.ok) return;
    for (const seen of (await response.json()).counters) {
      const option = [...counter.options].find((o) => o.value === seen.code);
      if (option) option.textContent = option.dataset.name + (seen.taken ? ` (${words.taken})` : "");
    }
  } catch {
    return; // the next look, or the press of the button, tells
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (go.disabled) return;
  if (!counter.value) return void (tell(words.choose), counter.focus());
  if (!nip.value.trim() || !pin.value) return void (tell(words.nip_needed), (nip.value.trim() ? pin : nip).focus());
  go.disabled = true;
  go.setAttribute("aria-busy", "true");
  tell("");
  let waits = false;
  try {
    const response = await fetch(`${page.dataset.api}/${encodeURIComponent(counter.value)}/sign-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ officer: nip.value.replace(/\s+/g, ""), pin: pin.value }),
      signal: AbortSignal.timeout(15000),
    });
    if (response.ok) {
      remember(counter.value);
      return void location.reload();
    }
    const problem = await response.json().catch(() => ({}));
    if (problem.code === "bad_csrf") return void location.reload();
    if (response.status === 429 && problem.retry_after) {
      waits = true;
      block(problem.retry_after);
    } else tell(problem.detail ?? words.broken);
    pin.value = "";
    ([401, 409, 429].includes(response.status) ? pin : nip).focus();
  } catch {
    tell(words.unreachable);
  }
  go.removeAttribute("aria-busy");
  if (!waits) go.disabled = false;
});

const known = remembered();
if (known && [...counter.options].some((o) => o.value === known)) counter.value = known;
(counter.value ? nip : counter).focus();
startClock({
  now: () => new Date(Date.now() + offset),
  zone: page.dataset.zone,
  time: document.getElementById("clock-time"),
  date: document.getElementById("clock-date"),
});
look();
setInterval(look, 20000);
