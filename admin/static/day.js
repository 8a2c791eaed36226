/* The day's page: lanes that keep themselves up to date, and the evidence of a stretch in a panel. */

import { formatTime } from "../web/clock.js";
import { Live } from "../web/live.js";
import { fetchInto } from "./ask.js";

const at = (id) => document.getElementById(id);
const page = at("day");
const dialog = at("proof");

page.addEventListener("click", (event) => {
  const link = event.target.closest("a.box-link");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const url = new URL(link.getAttribute("href"), location.href);
  at("proof-more").href = url.pathname;
  at("proof-body").replaceChildren();
  url.searchParams.set("panel", "1");
  fetchInto(at("proof-body"), url.href);
  dialog.showModal();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});

if (page.dataset.url) {
  const banner = at("notlive");
  const tell = (words) => {
    banner.hidden = !words;
    at("notlive-text").textContent = words;
  };
  const live = new Live({
    namespace: null, // a whole day changes slowly: a poll is enough
    hall: page.dataset.hall,
    boardUrl: page.dataset.url,
    pollMs: 15000,
    silentMs: 40000,
    onBoard(answer, { first }) {
      if (!first) redraw();
    },
    onLiveness({ live: alive, since }) {
      document.body.classList.toggle("stale", !alive);
      tell(alive ? "" : since ? banner.dataset.since.replace("{time}", formatTime(since, page.dataset.zone)) : banner.dataset.never);
    },
    onDenied: () => tell(banner.dataset.denied),
  });
  live.start();
}

/** The lanes as the server draws them now; whoever had reached a stretch by keyboard stays there. */
async function redraw() {
  const url = new URL(location.href);
  url.searchParams.set("bagian", "lajur");
  const focused = document.activeElement?.closest?.("a.box-link")?.getAttribute("href");
  if ((await fetchInto(page, url.href, { keep: true })) && focused) page.querySelector(`a.box-link[href="${CSS.escape(focused)}"]`)?.focus();
}
