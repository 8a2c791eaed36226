// Roll call on a phone. A tick is written into the phone first, shown, and only then sent; what is sent stays in the
// phone until the server has answered for its key. So a dead battery, a closed page or no signal loses nothing, and a
// delivery that was answered into the void is sent again and counts once.
const page = document.getElementById("roll");
const { hall, agency, login, url, worker } = page.dataset;
const words = {};
for (const word of document.getElementById("words").content.querySelectorAll("[data-w]")) words[word.dataset.w] = word.textContent;
const say = (name, values = {}) => words[name].replace(/{(\w+)}/g, (_, key) => values[key]);
const STORE = `antre-apel:${hall}:${agency}:${login}`; // ticks are their maker's: another account sends its own only
const KEEP_DAYS = 7; // the server takes no older ones
const PACE = 15000, ATONCE = 200;

const zone = page.dataset.zone;
const dayOf = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
const clock = (at) => new Intl.DateTimeFormat("id-ID", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(at);
const hourOf = (at) => Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(at));

// ---- what the phone remembers: every tick with its state, oldest first ----

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) || "[]");
    return Array.isArray(kept) ? kept : [];
  } catch { return []; }
}

function write(ticks) {
  const oldest = Date.now() - KEEP_DAYS * 864e5;
  const worth = ticks.filter((t) => t.state === "kept" || Date.parse(t.at) > oldest);
  try { localStorage.setItem(STORE, JSON.stringify(worth)); return true; } catch { return false; }
}

function told() {
  return [...document.querySelectorAll("#told li")].map((li) => ({ key: "", state: "sent", roll: li.dataset.roll, officer: li.dataset.nip || null, mark: li.dataset.mark, at: li.dataset.at }));
}

let roll = hourOf(new Date()) < 12 ? "pagi" : "sore";
let trouble = null; // why nothing can be sent although there may be signal: sign_in, not_allowed
let notes = [];     // ticks the server refused in the last delivery, in words
let off = 0;

// what the phone ticked stands before what the server told when the page was made; of two, the later
function standing() {
  const found = new Map();
  const today = dayOf(new Date());
  for (const t of [...told(), ...read()]) {
    if (t.roll !== roll || t.state === "refused" || dayOf(new Date(t.at)) !== today) continue;
    const name = t.officer || "close", before = found.get(name);
    if (!before || Date.parse(t.at) >= Date.parse(before.at)) found.set(name, t);
  }
  return found;
}

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only where the page came over HTTPS
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

function tick(officer, mark) {
  const ticks = read();
  ticks.push({ key: newKey(), state: "kept", roll, officer, mark, at: new Date().toISOString() });
  if (!write(ticks)) notes = [words.no_room];
  draw();
  deliver();
}

// ---- to the server, in order, one delivery at a time ----

let busy = false, again = false;

async function deliver() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    for (;;) {
      again = false;
      const waiting = read().filter((t) => t.state === "kept").slice(0, ATONCE);
      if (!waiting.length) { trouble = null; break; }
      if (!(await send(waiting)) || (!again && !read().some((t) => t.state === "kept"))) break;
    }
  } finally { busy = false; draw(); }
}

async function send(waiting) {
  const marks = waiting.map(({ key, roll: which, officer, mark, at }) => ({ key, roll: which, officer, mark, at }));
  let response, body = {};
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content },
      body: JSON.stringify({ agency, sent_at: new Date().toISOString(), marks }),
    });
    body = await response.json();
  } catch { trouble = null; return false; } // no signal: the ticks stay, the next moment tries again
  if (response.ok) {
    trouble = null;
    off = body.clock_off_seconds;
    const became = new Map(body.marks.map((m) => [m.key, m]));
    write(read().map((t) => {
      const m = became.get(t.key);
      return m ? { ...t, state: m.state === "refused" ? "refused" : "sent", at: m.at || t.at } : t;
    }));
    notes = body.marks.filter((m) => m.state === "refused").map((m) => say("refused_line", { name: nameOf(waiting.find((t) => t.key === m.key)?.officer), why: m.message }));
    return true;
  }
  if (body.code === "bad_csrf" && (await freshToken())) return send(waiting);
  trouble = response.status === 401 || body.code === "bad_csrf" ? "sign_in" : response.status === 403 ? "not_allowed" : null;
  return false;
}

// a page that was kept for the time without signal carries the key of an older session
let asked = 0;
async function freshToken() {
  if (Date.now() - asked < 60000) return false;
  asked = Date.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { "X-Antre-Fresh": "1" } });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector('meta[name="csrf-token"]');
    if (!answer.ok || !found || answer.redirected) return false;
    document.querySelector('meta[name="csrf-token"]').content = found.content;
    return true;
  } catch { return false; }
}

// ---- what is seen ----

const rows = [...document.querySelectorAll(".caller[data-nip]")];
const nameOf = (nip) => rows.find((row) => row.dataset.nip === nip)?.querySelector("b").textContent ?? "";

function draw() {
  const now = standing();
  let yes = 0, no = 0, left = 0;
  const today = new Date(), fresh = page.dataset.day === dayOf(today); // a page kept since yesterday says today's date
  document.getElementById("roll-day").textContent = new Intl.DateTimeFormat("id-ID", { timeZone: zone, dateStyle: "full" }).format(today);
  for (const row of rows) {
    const said = now.get(row.dataset.nip);
    const known = !said && fresh && roll === "pagi" ? row.dataset.known : "";
    const mark = said ? said.mark : known;
    if (mark === "present") yes += 1; else if (mark) no += 1; else left += 1;
    row.dataset.mark = mark || "";
    row.dataset.state = said ? said.state : "";
    row.querySelector(".caller-said").textContent = said ? `${words[said.mark]} ${clock(new Date(said.at))} · ${words[said.state] || ""}` : "";
    for (const button of row.querySelectorAll("[data-mark]")) button.setAttribute("aria-pressed", String(Boolean(said) && said.mark === button.dataset.mark));
    row.querySelector("[data-more]").classList.toggle("is-on", Boolean(said) && said.mark !== "present");
  }
  for (const button of document.querySelectorAll("[data-roll]")) if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(button.dataset.roll === roll));
  const closed = now.get("close");
  document.getElementById("counts").textContent = say("counts", { yes, no, left }) + (closed ? ` · ${say("closed", { time: clock(new Date(closed.at)) })}` : "");
  document.getElementById("rest").hidden = !left;
  const n = read().filter((t) => t.state === "kept").length;
  const net = document.getElementById("net");
  net.hidden = !n && !off && !net.dataset.was;
  net.dataset.was = n || net.dataset.was ? "1" : "";
  net.className = `banner ${trouble ? "banner-error" : n ? "banner-warning" : "banner-success"}`;
  const behind = Math.round(Math.abs(off) / 60);
  net.textContent = trouble ? say(trouble, { n }) : n === 1 ? words.waiting_one : n ? say("waiting", { n }) : words.all_sent;
  if (trouble === "sign_in") {
    const link = document.createElement("a");
    link.href = `/admin/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = words.sign_in_link;
    link.className = "btn";
    net.append(" ", link);
  }
  if (behind && !n) { net.className = "banner banner-warning"; net.textContent = say(off > 0 ? "clock_behind" : "clock_ahead", { n: behind }); }
  const refused = document.getElementById("refused");
  refused.hidden = !notes.length;
  refused.textContent = notes.join(" ");
}

page.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const row = button.closest(".caller");
  if (button.dataset.roll) { roll = button.dataset.roll; draw(); }
  else if (row && "more" in button.dataset) {
    const kinds = row.querySelector(".caller-kinds");
    kinds.hidden = !kinds.hidden;
    button.setAttribute("aria-expanded", String(!kinds.hidden));
  } else if (row && button.dataset.mark) {
    row.querySelector(".caller-kinds").hidden = true;
    row.querySelector("[data-more]").setAttribute("aria-expanded", "false");
    tick(row.dataset.nip, button.dataset.mark);
  } else if (button.id === "rest") {
    for (const one of rows) if (!one.dataset.mark) tick(one.dataset.nip, "present");
  } else if (button.id === "close") {
    const left = rows.filter((one) => !one.dataset.mark).length;
    if (!left || confirm(say("close_left", { n: left }))) tick(null, "close");
  }
});

addEventListener("online", deliver);
addEventListener("focus", deliver);
document.addEventListener("visibilitychange", () => { if (!document.hidden) { draw(); deliver(); } });
addEventListener("storage", (event) => { if (event.key === STORE) draw(); });
setInterval(deliver, PACE);
document.querySelector("#roll select")?.addEventListener("change", (event) => event.target.form.requestSubmit());

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.addEventListener("message", (event) => { if (event.data.kept) document.getElementById("safe").hidden = false; });
  navigator.serviceWorker.register(worker).then(() => navigator.serviceWorker.ready).then((ready) => {
    const named = [...document.querySelectorAll("link[href], script[src]")].map((one) => one.href || one.src);
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name); // what the sheets asked for: signs
    const files = [...named, ...loaded].filter((name) => name.startsWith(`${location.origin}/static/`));
    ready.active.postMessage({ keep: [...new Set([location.href.split("#")[0], ...files])] });
  }).catch(() => { document.getElementById("unsafe").hidden = false; });
} else document.getElementById("unsafe").hidden = false;
for (const form of document.querySelectorAll(".top-person")) {
  // whoever signs out leaves no names in the phone; ticks that wait for signal stay, they carry numbers only
  form.addEventListener("submit", () => { navigator.serviceWorker?.controller?.postMessage({ forget: true }); });
}
draw();
deliver();
