/* A counter in full: what it does now, the evidence for its being empty, and what the hall's staff may do about it. */

import { fetchInto, send } from "./ask.js";
import { shownState, text, why } from "./tile.js";
import { duration, fill, moment, number, say } from "./words.js";

const at = (id) => document.getElementById(id);

export class Panel {
  #given;
  #counter = null;
  #floor = null;
  #now = new Date();
  #fetched = 0;
  #shownFor = "";

  constructor(given) {
    this.#given = given; // {hall, zone, page, agencies, refresh}
    const dialog = at("panel");
    dialog.addEventListener("close", () => (this.#counter = null));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) this.#choose(act);
    });
    at("act-sign-out")?.addEventListener("submit", (event) => this.#submit(event, () => this.#signOut()));
    at("act-closure")?.addEventListener("submit", (event) => this.#submit(event, () => this.#close(new FormData(at("act-closure")))));
    if (at("close-day")) this.#prepareClosing();
  }

  open(code) {
    this.#counter = code;
    this.#shownFor = "";
    this.#tell("", "");
    for (const form of document.querySelectorAll(".panel-act")) {
      form.hidden = true;
      form.reset();
    }
    at("panel-evidence").replaceChildren();
    if (!at("panel").open) at("panel").showModal();
    this.draw(this.#floor, this.#now, this.#fetched);
  }

  draw(floor, now, fetched) {
    this.#floor = floor;
    this.#now = now;
    this.#fetched = fetched;
    const counter = this.#current();
    if (!counter || !at("panel").open) return;
    const { zone, agencies, page } = this.#given;
    const agency = agencies.get(counter.agency);
    const grown = Math.max(0, now - fetched) / 60000;
    text(at("panel-name"), counter.name);
    text(at("panel-agency"), [agency?.name ?? counter.agency, counter.area ? say("area", { area: counter.area }) : ""].filter(Boolean).join(" · "));
    const state = shownState(counter, now, zone);
    at("panel-state").dataset.state = counter.state;
    text(at("panel-state"), say(`state.${state}`));
    text(at("panel-time"), duration((now - Date.parse(counter.since)) / 60000));
    text(at("panel-since"), say("since", { time: moment(new Date(counter.since), now, zone) }));
    text(at("panel-why"), why(counter, state, now, zone, floor.grace_minutes));
    const longest = counter.waiting ? say("longest", { time: duration(counter.waiting_longest + grown) }) : "";
    const cost = say("citizen_minutes", { n: number(counter.citizen_minutes + counter.waiting * grown) });
    text(at("panel-wait"), [counter.waiting ? say("waiting", { n: number(counter.waiting) }) : say("nobody"), longest, cost].filter(Boolean).join(" · "));
    const day = `${page.dataset.day}/${floor.business_date}/${encodeURIComponent(counter.counter)}`;
    at("panel-day").href = day;
    for (const button of document.querySelectorAll("[data-act]")) {
      button.hidden = button.dataset.act === "act-sign-out" ? !counter.officer : !counter.due;
    }
    const serving = at("sign-out-serving");
    if (serving) text(serving, counter.ticket ? fill(serving.dataset.text, { ticket: counter.ticket }) : "");
    // the evidence is asked for when the state changes, not every second: each look at it is written down
    const wanted = `${counter.counter} ${counter.state} ${counter.since} ${counter.cause}`;
    if (wanted !== this.#shownFor) {
      this.#shownFor = wanted;
      const box = at("panel-evidence");
      if (["vacant", "unobserved"].includes(counter.state)) fetchInto(box, `${day}?pada=${encodeURIComponent(floor.now)}&panel=1`);
      else box.replaceChildren();
    }
  }

  #current() {
    return this.#floor?.counters.find((c) => c.counter === this.#counter);
  }

  #choose(act) {
    this.#tell("", "");
    for (const form of document.querySelectorAll(".panel-act")) form.hidden = form.id !== act;
    const form = at(act);
    if (act === "act-closure") {
      const counter = this.#current();
      form.elements.until.value ||= (counter?.due_until ?? "").slice(11, 16).replace(":", ".");
    }
    form.scrollIntoView({ block: "nearest" });
    form.querySelector("input").focus();
  }

  async #submit(event, act) {
    event.preventDefault();
    const button = event.submitter ?? event.target.querySelector("button");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    this.#tell("", "");
    const done = await act();
    button.removeAttribute("aria-busy");
    if (done.error) return this.#tell(done.error, "");
    event.target.hidden = true;
    event.target.reset();
    this.#tell("", event.target.dataset.done);
    this.#given.refresh();
  }

  #tell(error, done) {
    text(at("panel-error"), error);
    text(at("panel-done"), done);
  }

  /** A ticket that is still at the counter is ended first: finished when it was being served, missed when nobody came. */
  async #signOut() {
    const path = `halls/${encodeURIComponent(this.#given.hall)}/counters/${encodeURIComponent(this.#counter)}/sign-out`;
    const first = await send(path, {});
    if (first.code !== "still_serving") return first;
    const { id, state } = first.problem.ticket;
    const ended = await send(`tickets/${encodeURIComponent(id)}/${state === "serving" ? "finish" : "no-show"}`, {});
    return ended.error ? ended : send(path, {});
  }

  #close(form) {
    const now = this.#floor.now; // the hall's own time with its offset
    const to = `${now.slice(0, 10)}T${form.get("until").replace(".", ":")}:00${now.slice(-6)}`;
    return send(`halls/${encodeURIComponent(this.#given.hall)}/closures`, { counter: this.#counter, from: now, to, reason: form.get("reason").trim() });
  }

  #prepareClosing() {
    const dialog = at("closing");
    const waiting = at("closing-waiting");
    at("close-day").addEventListener("click", () => {
      for (const id of ["closing-error", "closing-done"]) text(at(id), "");
      at("closing-sure").checked = false;
      at("closing-go").hidden = false;
      const n = this.#floor?.totals.waiting ?? 0;
      text(waiting, n ? fill(waiting.dataset.text, { n: number(n) }) : waiting.dataset.none);
      dialog.showModal();
    });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const go = at("closing-go");
      if (go.getAttribute("aria-busy") === "true") return;
      go.setAttribute("aria-busy", "true");
      const done = await send(`halls/${encodeURIComponent(this.#given.hall)}/close-day`, {});
      go.removeAttribute("aria-busy");
      text(at("closing-error"), done.error ?? "");
      if (done.error) return;
      go.hidden = true;
      text(waiting, "");
      text(at("closing-done"), fill(at("closing-done").dataset.text, { n: number(done.answer.expired) }));
      this.#given.refresh();
    });
  }
}
