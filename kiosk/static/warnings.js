/* The large dialogs before or instead of a number: nobody serves, the day is full, closed, or the system is silent. */

import { put } from "./words.js";
import { opens } from "./draw.js";

const STORAGE = new Set(["disk_full", "database_locked", "database_unavailable", "not_migrated", "internal"]);
const GONE = new Set(["unknown_service", "unknown_hall"]);

export class Warnings {
  #sheet = document.getElementById("warn");
  #onwards = null;
  #backwards = null;

  /** `ask` asks again with the citizen's consent, `again` repeats what got no answer, `leave` goes to the start. */
  constructor(words, { ask, again, leave }) {
    Object.assign(this, { words, ask, again, leave });
    document.getElementById("warn-on").addEventListener("click", () => this.#close(this.#onwards));
    document.getElementById("warn-back").addEventListener("click", () => this.#close(this.#backwards));
  }

  /** No answer at all: only the same key may ask again, so the way back leads to the start. */
  silent() {
    this.#show({ title: "error_title", lines: [this.words.say("error_silent"), this.words.say("error_staff")], on: "try_again", onwards: this.again, backwards: this.leave });
  }

  refused(problem, service) {
    const say = (key, values) => this.words.say(key, values);
    const name = service?.name ?? "";
    const { code } = problem;
    if (code === "unstaffed_needs_confirmation") {
      const when = problem.expected_at ? say("unstaffed_when", { when: this.words.when(problem.expected_at) }) : say("unstaffed_unknown");
      const lines = [say("unstaffed_text", { service: name }), when, problem.waiting ? say("unstaffed_waiting", { n: problem.waiting }) : ""];
      return this.#show({ title: "unstaffed_title", lines, on: "keep", onwards: this.ask });
    }
    if (code === "capacity_needs_confirmation") {
      return this.#show({ title: "capacity_title", lines: [say("capacity_text", { n: problem.waiting })], on: "keep", onwards: this.ask });
    }
    if (code === "capacity_reached") return this.#show({ title: "full_title", lines: [say("full_text", { n: problem.waiting })] });
    if (code === "quota_reached") return this.#show({ title: "quota_title", lines: [say("quota_text", { service: name })] });
    if (code === "closed") {
      const reason = problem.reason && this.words.has(problem.reason) ? say(problem.reason) : "";
      return this.#show({ title: "closed_title", lines: [problem.reason_detail ? `${reason}: ${problem.reason_detail}` : reason, opens(problem, this.words)] });
    }
    if (GONE.has(code)) return this.#show({ title: "error_title", lines: [say("error_gone")], backwards: this.leave });
    const denied = problem.status === 401 || problem.status === 403;
    const why = code === "clock_wrong" ? "error_clock" : STORAGE.has(code) ? "error_storage" : denied ? "error_denied" : "error_other";
    const line = say(why);
    this.#show({ title: "error_title", lines: [line, say("error_staff")], code, on: "try_again", onwards: this.again, backwards: this.leave });
  }

  #show({ title, lines, on = null, onwards = null, backwards = null, code = "" }) {
    const find = (id) => document.getElementById(id);
    put(find("warn-title"), this.words.say(title));
    find("warn-text").replaceChildren(
      ...lines.filter(Boolean).map((line) => Object.assign(document.createElement("p"), { textContent: line })),
    );
    put(find("warn-code"), code ? this.words.say("error_code", { code }) : "");
    find("warn-on").hidden = !on;
    if (on) put(find("warn-on"), this.words.say(on));
    put(find("warn-back"), this.words.say("back"));
    this.#onwards = onwards;
    this.#backwards = backwards;
    if (!this.#sheet.open) this.#sheet.showModal();
    // the second half of a double touch on "Ambil nomor" must not press a button that has just appeared
    this.#sheet.inert = true;
    setTimeout(() => (this.#sheet.inert = false), 500);
  }

  #close(then) {
    this.#sheet.close();
    then?.();
  }
}
