/* The words of a page in its two languages, and the phrases made of them: waiting times, days, hours.
 *
 *   const words = new Words(JSON, { zone: "Asia/Jakarta", now: () => live.now() });
 *   words.say("people", { n: 4 })   words.estimate({low, high} or null)   words.when(iso)   words.use("en")
 *   words.fill(root)                every [data-word] under root gets its text
 */

import { formatTime } from "../web/clock.js";

const LOCALES = { id: "id-ID", en: "en-GB" };
const NEAR = { weekday: "long" }; // within a week the day's name is enough where there is little room
const FULL = { weekday: "long", day: "numeric", month: "long" };
const SHORT = { day: "numeric", month: "short" };

export class Words {
  constructor(both, { zone, now }) {
    Object.assign(this, { both, zone, now });
    this.language = "id";
  }

  /** Changes the language of the page; `fill` and the page's own drawing follow. */
  use(language) {
    this.language = language in this.both ? language : "id";
    document.documentElement.lang = this.language;
  }

  say(key, values = {}) {
    const text = this.both[this.language][key] ?? this.both.id[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  has(key) {
    return key in this.both.id;
  }

  fill(root) {
    for (const element of root.querySelectorAll("[data-word]")) put(element, this.say(element.dataset.word));
  }

  /** A wait in minutes as a range, or the honest statement that nobody can tell. */
  estimate(wait) {
    if (!wait) return this.say("unknown");
    if (wait.high === 0) return this.say("soon");
    if (wait.low === 0) return this.say("under", wait);
    return wait.low === wait.high ? this.say("about", wait) : this.say("range", wait);
  }

  /** Day and hour as people say it: today, tomorrow, or the weekday with its date; `brief` for a tile. */
  when(iso, { brief = false } = {}) {
    const moment = new Date(iso);
    const time = formatTime(moment, this.zone);
    const days = this.#dayNumber(moment) - this.#dayNumber(this.now());
    if (days === 0) return this.say(brief ? "at_hour" : "today_at", { time });
    if (days === 1) return this.say("tomorrow_at", { time });
    const wanted = !brief ? FULL : days > 0 && days < 7 ? NEAR : SHORT;
    const day = new Intl.DateTimeFormat(LOCALES[this.language], { ...wanted, timeZone: this.zone }).format(moment);
    return this.say("day_at", { day, time });
  }

  time(moment) {
    return formatTime(new Date(moment), this.zone);
  }

  #dayNumber(moment) {
    const [year, month, day] = new Intl.DateTimeFormat("en-CA", { timeZone: this.zone }).format(moment).split("-").map(Number);
    return Date.UTC(year, month - 1, day) / 86_400_000;
  }
}

/** Sets a text only when it differs: a poll must not disturb a finger or a screen reader. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
