/* Shows the hall's time and day: the server's clock in the hall's zone, never the device's.
 *
 *   import { startClock, formatTime, formatDate } from ".../clock.js";
 *   startClock({ now: () => live.now(), zone: "Asia/Jakarta", time: element, date: element });
 *   formatTime(date, zone)  "09.41"        formatDate(date, zone)  "Selasa, 24 November 2026"
 */

const LOCALES = { id: "id-ID", en: "en-GB" };
const ZONES = { "Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT" };
const formats = new Map();

function format(kind, options, date, zone) {
  const lang = document.documentElement.lang.slice(0, 2);
  const key = `${kind} ${lang} ${zone}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LOCALES[lang] ?? LOCALES.id, { ...options, timeZone: zone }));
  return formats.get(key).format(date instanceof Date ? date : new Date(date));
}

/** Hours and minutes in the hall's zone. */
export function formatTime(date, zone) {
  return format("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, date, zone);
}

/** Weekday, day, month and year in the hall's zone. */
export function formatDate(date, zone) {
  return format("date", { weekday: "long", day: "numeric", month: "long", year: "numeric" }, date, zone);
}

/** WIB, WITA or WIT; for another zone nothing. */
export function zoneName(zone) {
  return ZONES[zone] ?? "";
}

/** Keep `time` and `date` (elements, each may be missing) right; returns a function that stops it. */
export function startClock({ now, zone, time = null, date = null, label = true }) {
  let timer;
  const show = () => {
    const at = now();
    const put = (element, text) => {
      if (element && element.textContent !== text) element.textContent = text;
    };
    put(time, formatTime(at, zone));
    put(date, formatDate(at, zone) + (label && zoneName(zone) ? ` · ${zoneName(zone)}` : ""));
    if (time instanceof HTMLTimeElement) time.dateTime = at.toISOString();
    timer = setTimeout(show, 1000 - (at.getTime() % 1000) + 5);
  };
  show();
  return () => clearTimeout(timer);
}
