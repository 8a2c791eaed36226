/* The flags' page keeps itself up to date, but never takes away what somebody is typing. */

import { formatTime } from "../web/clock.js";
import { Live } from "../web/live.js";

const at = (id) => document.getElementById(id);
const list = at("flags");
const banner = at("notlive");
let drawn = null;
let asking = false;

const tell = (words) => {
  banner.hidden = !words;
  at("notlive-text").textContent = words;
};
const typing = () =>
  [...list.querySelectorAll("input[name=reason]")].some((field) => field.value.trim() || field === document.activeElement);

/** What is shown of an answer: the running minutes too, so that they go on without a reload. */
const gist = (answer) => JSON.stringify([answer.open.map((flag) => ({ ...flag, minutes: Math.floor(flag.minutes) })), answer.past.length, answer.date]);

async function redraw(wanted) {
  if (asking || typing()) return;
  asking = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", credentials: "same-origin" });
    if (!response.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("flags");
    if (!fresh || typing()) return;
    list.replaceChildren(...fresh.childNodes);
    drawn = wanted;
  } catch (error) {
    console.warn("flags:", error); // the next answer tries again; the banner says when there is none
  } finally {
    asking = false;
  }
}

new Live({
  namespace: "/admin",
  hall: list.dataset.hall,
  boardUrl: list.dataset.url,
  onBoard(answer, { first }) {
    const wanted = gist(answer);
    if (first) drawn = wanted;
    if (wanted !== drawn) redraw(wanted);
  },
  onLiveness({ live, since }) {
    document.body.classList.toggle("stale", !live);
    tell(live ? "" : since ? banner.dataset.since.replace("{time}", formatTime(since, list.dataset.zone)) : banner.dataset.never);
  },
  onDenied: () => tell(banner.dataset.denied),
}).start();
