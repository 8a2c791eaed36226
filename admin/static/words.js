/* The page's own words, times and durations: every word stands in the template, every time is the hall's. */

import { formatTime } from "../web/clock.js";

const words = new Map();
for (const item of document.getElementById("words").content.querySelectorAll("[data-w]")) words.set(item.dataset.w, item.textContent);

/** Words with their {places} filled. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** A word of the page with its {places} filled; an unknown key falls back to `otherwise`. */
export function say(key, values = {}, otherwise = key) {
  return fill(words.get(key) ?? words.get(otherwise) ?? otherwise, values);
}

const lang = document.documentElement.lang === "en" ? "en-GB" : "id-ID";
const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });

/** A whole number the way the page's language writes it: 1.234. */
export function number(value) {
  return whole.format(Math.floor(value + 1e-9));
}

/** How long, in words: "42 menit", "1 jam 5 menit"; short: "42 mnt", "1 j 5 mnt". */
export function duration(minutes, { short = false } = {}) {
  const all = Math.max(0, Math.floor(minutes));
  if (all < 1) return say("just_now");
  if (all < 60) return say(short ? "short_minutes" : "minutes", { n: all });
  return say(short ? "short_hours" : "hours", { h: Math.floor(all / 60), m: all % 60 });
}

/** Hours and minutes; with the weekday, and the date when it is more than six days off, if it is not today. */
export function moment(date, now, zone) {
  const day = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
  const time = formatTime(date, zone);
  if (day(date) === day(now)) return time;
  const far = Math.abs(date - now) > 6 * 86400000;
  const options = far ? { day: "numeric", month: "long", timeZone: zone } : { weekday: "long", timeZone: zone };
  return `${new Intl.DateTimeFormat(lang, options).format(date)} ${time}`;
}
