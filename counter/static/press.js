/* One press at a time, sent until it is answered and never done twice.
 *
 *   const presses = new Presses({
 *     memory: "antre.press...", csrf,
 *     onState({pending, retrying}) {},   the press that is on its way, or null
 *     onDone(press, answers) {},         all its steps were answered with success
 *     onRefused(press, problem) {},      {status, code, detail}; nothing was written by the refused step
 *     onGaveUp(press) {},                no answer for a minute: nobody knows
 *   });
 *   presses.send({name, label, steps: [{url, body}]})   false when another press is on its way
 *   presses.recover()                                   after a reload: goes on with what was on its way
 *
 * Each step carries an Idempotency-Key that is made once. It is kept in sessionStorage until answered, so that a reload
 * in between asks with the same key and the server gives the first answer again. A press that nobody answered for a
 * minute is given up: a call that went through minutes later would call a citizen to an officer who has gone on.
 */

import { backoff } from "../web/live.js";

const GIVE_UP_MS = 60000;
const REQUEST_MS = 8000;
// on a repeat these refusals say that the first try did its work, though its answer was lost
const DONE_BEFORE = { pause: "already_paused", unpause: "not_paused", "sign-out": "not_signed_in" };

export class Presses {
  #pending = null;

  constructor({ memory, csrf, onState, onDone, onRefused, onGaveUp }) {
    Object.assign(this, { memory, csrf, onState, onDone, onRefused, onGaveUp });
  }

  get pending() {
    return this.#pending;
  }

  send({ steps, ...press }) {
    if (this.#pending) return false;
    const at = Date.now();
    this.#run({ ...press, at, answers: [], steps: steps.map((step) => ({ ...step, key: key() })) });
    return true;
  }

  recover() {
    let press = null;
    try {
      press = JSON.parse(sessionStorage.getItem(this.memory));
      sessionStorage.removeItem(this.memory);
    } catch {
      return;
    }
    if (press && Date.now() - press.at < GIVE_UP_MS) this.#run({ ...press, repeated: true });
  }

  async #run(press) {
    this.#pending = press;
    this.#keep(press);
    this.onState({ pending: press, retrying: false });
    let outcome;
    for (let failures = 0; ; ) {
      if (press.answers.length === press.steps.length) {
        outcome = () => this.onDone(press, press.answers);
        break;
      }
      const step = press.steps[press.answers.length];
      const answer = await this.#ask(step);
      if (answer.refused && press.repeated && DONE_BEFORE[press.name] === answer.code) {
        press.answers.push(null);
      } else if (answer.refused) {
        outcome = () => this.onRefused(press, answer);
        break;
      } else if (answer.lost) {
        if (Date.now() - press.at > GIVE_UP_MS) {
          outcome = () => this.onGaveUp(press);
          break;
        }
        press.repeated = true;
        this.onState({ pending: press, retrying: true });
        await new Promise((resolve) => setTimeout(resolve, backoff(failures++, 500, 4000)));
        continue;
      } else {
        press.answers.push(answer.body);
        failures = 0;
      }
      this.#keep(press);
    }
    this.#pending = null;
    this.#keep(null);
    this.onState({ pending: null, retrying: false });
    outcome();
  }

  async #ask({ url, body, key: idempotency }) {
    let response;
    try {
      response = await fetch(url, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": this.csrf, "Idempotency-Key": idempotency },
        body: JSON.stringify(body ?? {}),
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      if (response.status === 204) return { body: null };
      const said = await response.json();
      if (response.ok) return { body: said };
      if ([502, 503, 504].includes(response.status) && said.code !== "disk_full") return { lost: true };
      return { refused: true, status: response.status, code: said.code, detail: said.detail };
    } catch {
      // no connection, no answer in time, or an answer of somebody else's (a proxy's page): the server may have heard it
      return response && response.status < 500 && !response.ok ? { refused: true, status: response.status } : { lost: true };
    }
  }

  #keep(press) {
    try {
      if (press) sessionStorage.setItem(this.memory, JSON.stringify(press));
      else sessionStorage.removeItem(this.memory);
    } catch {
      // without storage only a reload in the very moment of a broken line is worse off
    }
  }
}

/** A key nobody else makes. crypto.randomUUID is missing on a page that came over plain HTTP from another machine. */
function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
