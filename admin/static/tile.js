/* One counter on the floor: colour, word and sign of its state, since when, for whom, and what it costs. */

import { duration, moment, number, say } from "./words.js";

// causes that already say that the roster expects nobody
const NOBODY_EXPECTED = new Set(["post_vacant", "agency_not_open", "no_one_assigned"]);

/** The state as people call it: closed by schedule is not the same as not open yet. */
export function shownState(counter, now, zone) {
  if (counter.state !== "not_due" || counter.cause !== "outside_hours" || !counter.next_opening) return counter.state;
  const day = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date(at));
  return day(counter.next_opening) === day(now) ? "not_open" : "not_due";
}

/** Puts a counter's present state into its tile; writes only what changed, so that nothing flickers. */
export function drawTile(tile, counter, { now, agency, zone, fetched, graceMinutes }) {
  const parts = tile.parts ?? (tile.parts = find(tile));
  const minutes = (now - Date.parse(counter.since)) / 60000;
  const state = shownState(counter, now, zone);
  set(tile.dataset, "state", counter.state);
  set(tile.dataset, "grace", String(counter.grace));
  set(tile.dataset, "counter", counter.counter);
  text(parts.name, counter.name);
  text(parts.agency, agency);
  set(parts.state.dataset, "state", counter.state);
  text(parts.state, say(`state.${state}`));
  since(parts.since, counter, state, minutes, now, zone);
  text(parts.why, why(counter, state, now, zone, graceMinutes));
  waiting(parts, counter, Math.max(0, now - fetched) / 60000);
  flag(parts.flag, counter, now);
}

/** The same counter as a line of the list of empty ones: where, since when, why, for whom. */
export function drawEmpty(row, counter, { now, agency, fetched }) {
  const one = (name) => row.querySelector(name);
  const grown = Math.max(0, now - fetched) / 60000;
  set(row.dataset, "grace", String(counter.grace));
  text(one(".empty-name"), counter.name);
  text(one(".empty-agency"), agency);
  text(one(".empty-time"), duration((now - Date.parse(counter.since)) / 60000, { short: true }));
  text(one(".empty-why"), counter.pause_reason ? say("over_pause_short") : say(`cause.${counter.cause ?? "none"}`, {}, "cause.none"));
  const people = counter.waiting ? say("waiting", { n: number(counter.waiting) }) : say("nobody");
  const longest = counter.waiting ? say("longest", { time: duration(counter.waiting_longest + grown, { short: true }) }) : "";
  text(one(".empty-wait"), [people, longest, counter.stranded > 0 && counter.stranded === counter.waiting ? say("stranded_short") : ""].filter(Boolean).join(" · "));
}

function find(tile) {
  const one = (name) => tile.querySelector(name);
  return { name: one(".tile-open"), agency: one(".tile-agency"), state: one(".state"), since: one(".tile-since"), why: one(".tile-why"), wait: one(".tile-wait"), alarm: one(".tile-alarm"), cost: one(".tile-cost"), flag: one(".tile-flag") };
}

function since(box, counter, state, minutes, now, zone) {
  if (counter.state === "not_due") {
    const next = counter.next_opening ? moment(new Date(counter.next_opening), now, zone) : null;
    const key = next === null ? "no_opening" : state === "not_open" ? "opens" : "reopens";
    return pair(box, "", say(key, { time: next }));
  }
  const from = say("since", { time: moment(new Date(counter.since), now, zone) });
  pair(box, duration(minutes, { short: true }), minutes < 1 ? "" : from);
}

/** Why, in words: the cause, who was expected, and what still counts as grace. */
export function why(counter, state, now, zone, graceMinutes) {
  if (counter.state === "vacant") {
    const cause = say(`cause.${counter.cause ?? "none"}`, {}, counter.cause ?? "cause.none");
    const lines = [counter.pause_reason ? say("over_pause", { reason: counter.pause_reason }) : cause];
    if (counter.cause === "post_vacant" && counter.post) lines[0] += `: ${counter.post}`;
    if (!NOBODY_EXPECTED.has(counter.cause)) lines.push(expected(counter));
    if (counter.grace) lines.push(say("grace", { n: graceMinutes }));
    return lines.join(" · ");
  }
  if (counter.state === "not_due") {
    const cause = say(`cause.${counter.cause}`, {}, counter.cause ?? "");
    return [state === "not_open" ? "" : counter.detail ? `${cause}: ${counter.detail}` : cause, counter.officer ? say("present") : ""].filter(Boolean).join(" · ");
  }
  if (counter.state === "unobserved") return `${say("blind")} · ${expected(counter)}`;
  if (counter.state === "paused") return say("pause", { reason: counter.pause_reason });
  const doing = counter.ticket ? say(`ticket_${counter.ticket_state}`, { ticket: counter.ticket }) : counter.last_call ? `${say("last_call")} ${moment(new Date(counter.last_call), now, zone)}` : say("no_call");
  return counter.due ? doing : `${doing} · ${say("outside_due")}`;
}

function waiting(parts, counter, grown) {
  const quiet = counter.state === "not_due" && counter.waiting === 0;
  parts.wait.hidden = quiet;
  if (!quiet) {
    pair(parts.wait, counter.waiting ? say("waiting", { n: number(counter.waiting) }) : "", counter.waiting ? "" : say("nobody"));
  }
  const alarm = counter.state === "vacant" && counter.stranded > 0;
  const all = counter.stranded === counter.waiting;
  text(parts.alarm, alarm ? (all ? say("stranded_all") : say("stranded_some", { n: number(counter.stranded) })) : "");
  const cost = say("citizen_minutes", { n: number(counter.citizen_minutes + counter.waiting * grown) });
  const longest = counter.waiting ? say("longest", { time: duration(counter.waiting_longest + grown, { short: true }) }) : "";
  text(parts.cost, quiet ? "" : [longest, cost].filter(Boolean).join(" · "));
}

/** Whom the roster expects at a counter where nobody is seen: the role, never the person. */
function expected(counter) {
  const people = counter.planned.length;
  return people === 0 ? say("nobody_planned") : people === 1 ? say("expected_one") : say("expected_many", { n: people });
}

function flag(box, counter, now) {
  const idle = counter.idle_while_waiting && counter.idle_since;
  text(box, idle ? say("idle", { time: duration((now - Date.parse(counter.idle_since)) / 60000) }) : "");
}

function pair(box, strong, plain) {
  if (!box.firstChild) box.append(document.createElement("b"), document.createElement("span"));
  text(box.firstChild, strong);
  text(box.lastChild, plain);
}

export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
  if (element.hidden !== (value === "")) element.hidden = value === "";
}

function set(data, name, value) {
  if (data[name] !== value) data[name] = value;
}
