/* Draws lists in place: a tile under somebody's finger is changed, never replaced, so that no touch is lost to a poll. */

import { put } from "./words.js";

/** Makes `list` show `items`: one element from `template` each, found again by its code, in the given order. */
export function sync(list, template, items, fill) {
  const known = new Map([...list.children].map((element) => [element.dataset.code, element]));
  items.forEach((item, at) => {
    let element = known.get(item.code);
    if (!element) {
      element = template.content.firstElementChild.cloneNode(true);
      element.dataset.code = item.code;
    }
    known.delete(item.code);
    if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
    fill(element, item);
  });
  for (const gone of known.values()) gone.remove();
}

export function drawTile(element, agency, words) {
  const find = (name) => element.querySelector(name);
  put(find(".tile-short"), agency.short);
  put(find(".tile-name"), agency.name);
  find(".tile-name").hidden = agency.name === agency.short;
  const [state, word] = standing(agency, words);
  chip(find(".state"), state, word);
  const quiet = !agency.serving_now && !agency.waiting; // "nobody serves" says enough
  put(find(".tile-more"), !agency.open ? opens(agency, words, { brief: true }) : quiet ? "" : people(agency.waiting, words));
  find(".tile").dataset.open = agency.open;
  find(".tile").dataset.long = agency.short.length > 24 ? "very" : agency.short.length > 13;
}

export function drawRow(element, service, words) {
  const find = (name) => element.querySelector(name);
  put(find(".row-name"), service.name);
  const [state, word] = standing(service, words);
  chip(find(".state"), state, word);
  fact(find(".row-waiting"), service.open ? ahead(service.ahead, words) : opens(service, words));
  fact(find(".row-estimate"), service.open && service.estimate ? words.estimate(service.estimate) : "");
  fact(find(".row-counters"), service.open ? service.counters.map((c) => c.name).join(", ") : "");
  fact(find(".row-papers"), service.requirements.length ? words.say("papers_count", { n: service.requirements.length }) : "");
  find(".row-button").dataset.open = service.open;
}

/** What is said of an agency or service: the state whose colour it takes, and the word. */
function standing(part, words) {
  const shut = { quota_reached: "quota_reached", break: "resting" }[part.reason] ?? "closed";
  if (!part.open) return ["not_due", words.say(shut)];
  return part.serving_now ? ["serving", words.say("serving")] : ["paused", words.say("nobody")];
}

function people(n, words) {
  return n ? words.say("waiting", { n }) : words.say("waiting_none");
}

function ahead(n, words) {
  return n ? words.say("before", { n }) : words.say("waiting_none");
}

export function opens(part, words, { brief = false } = {}) {
  return part.next_opening ? words.say(brief ? "opens_brief" : "opens", { when: words.when(part.next_opening, { brief }) }) : words.say("opens_unknown");
}

/** Why something is closed, with the holiday's name or the closure's own reason. */
export function why(part, words) {
  if (!part.reason || !words.has(part.reason)) return part.reason_text ?? "";
  return part.detail ? `${words.say(part.reason)}: ${part.detail}` : words.say(part.reason);
}

function chip(element, state, word) {
  if (element.dataset.state !== state) element.dataset.state = state;
  put(element, word);
}

function fact(element, text) {
  put(element, text);
  element.hidden = !text;
}
