/* The regent's page keeps itself true: the server draws what changes, the page puts it where it belongs. */

import { formatTime } from "../web/clock.js";
import { Live } from "../web/live.js";

const box = document.getElementById("now");
const banner = document.getElementById("notlive");
const { hall, zone, url } = box.dataset;
let drawn = null;

function tell(words) {
  banner.hidden = !words;
  document.getElementById("notlive-text").textContent = words;
}

/** The same part, but what was opened stays open and whoever was at a link stays there. */
function draw(html) {
  if (html === drawn) return;
  const made = new DOMParser().parseFromString(html, "text/html");
  for (const part of box.querySelectorAll("details[open]")) made.getElementById(part.id)?.setAttribute("open", "");
  const focus = box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  box.replaceChildren(...made.body.childNodes);
  if (focus) [...box.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === focus)?.focus({ preventScroll: true });
  drawn = html;
}

new Live({
  namespace: "/admin",
  hall,
  boardUrl: url,
  onBoard: (answer) => draw(answer.html),
  onLiveness({ live, since }) {
    document.body.classList.toggle("stale", !live);
    // the page itself was an answer, so there always was one
    tell(live ? "" : banner.dataset.since.replace("{time}", since ? formatTime(since, zone) : box.dataset.at));
  },
  onDenied: () => tell(banner.dataset.denied),
}).start();
