/* Draws the desk: the number here and its times, the next move, who waits, who was set aside. Decides nothing itself. */

import { formatTime } from "../web/clock.js";
import { clock, fill, make, put, spell } from "./format.js";

const at = (id) => document.getElementById(id);

/** What stands at the counter: idle, called, serving or paused. */
export function modeOf(desk) {
  if (desk.session.pause) return "paused";
  return desk.ticket ? desk.ticket.state : "idle";
}

/** The move that Num Enter makes now. */
export function mainMove(desk) {
  return { idle: "call", called: "start", serving: "finish", paused: "unpause" }[modeOf(desk)];
}

/** Why a move cannot be made now, as a sentence, or "" when it can. */
export function hindrance(move, desk, words) {
  const mode = modeOf(desk);
  const number = desk.ticket?.number ?? "";
  if (mode === "paused" && !["unpause", "pause", "sign-out", "help", "fresh"].includes(move)) return words.why_paused;
  switch (move) {
    case "call":
    case "sign-out":
    case "pause":
      return desk.ticket ? fill(words.why_still, { number }) : "";
    case "recall":
    case "start":
    case "no-show":
      return mode === "called" ? "" : mode === "serving" ? fill(words.why_serving, { number }) : words.why_no_ticket;
    case "finish":
    case "hold":
    case "transfer":
    case "cancel":
      return desk.ticket ? "" : words.why_no_ticket;
    default:
      return "";
  }
}

/** Draws everything but the running clocks. */
export function draw(desk, words) {
  const mode = modeOf(desk);
  drawSlip(desk, mode, words);
  const [state, word] = {
    idle: ["waiting", words.state_open],
    called: ["serving", words.state_serving],
    serving: ["serving", words.state_serving],
    paused: ["paused", words.state_paused],
  }[mode];
  const lost = desk.session.state === "lost";
  at("state").dataset.state = lost ? "unobserved" : state;
  put(at("state"), lost ? words.state_lost : word);
  put(at("main-label"), words[mainMove(desk)]);
  put(document.querySelector('[data-move="pause"] .move-label'), mode === "paused" ? words.resume_work : words.pause);
  drawLine(desk, words);
  drawAside("held", desk.held, desk, words, (t) => (t.called_at ? fill(words.held_since, { time: formatTime(t.called_at, desk.zone) }) : ""));
  drawAside("missed", desk.missed, desk, words, (t) => fill(words.missed_at, { time: formatTime(t.ended_at, desk.zone) }));
  put(at("today"), fill(at("today").dataset.text, { finished: desk.today.finished, missed: desk.today.no_show }));
  drawPaper(desk, words);
  const name = at("console").dataset.name;
  const waits = desk.waiting ? `(${desk.waiting}) ` : "";
  document.title = desk.ticket ? `${desk.ticket.number} · ${name}` : `${waits}${name}`;
}

function drawSlip(desk, mode, words) {
  const ticket = mode === "paused" ? null : desk.ticket;
  at("slip").dataset.mode = mode;
  put(at("number"), ticket?.number ?? "");
  put(at("label"), mode === "paused" ? fill(words.paused_for, { reason: desk.session.pause.reason }) : words[mode]);
  put(at("service"), ticket?.service_name ?? "");
  const facts = [];
  if (ticket) {
    if (ticket.priority) facts.push(["priority", `${words.priority}: ${words[ticket.priority] ?? ticket.priority}`]);
    const most = desk.options.no_show_after_recalls;
    if (mode === "called" && most && ticket.recalls >= most) facts.push(["warn", words.recalls_used_up]);
    else if (mode === "called" && most) facts.push(["", fill(words.called_times_of, { count: ticket.recalls + 1, most: most + 1 })]);
    else if (mode === "called" && ticket.recalls) facts.push(["", fill(words.called_times, { count: ticket.recalls + 1 })]);
    if (ticket.came_for) facts.push(["", fill(words.came_for, { service: ticket.came_for })]);
    if (ticket.returns_to) facts.push(["", fill(words.returns_to, { counter: ticket.returns_to })]);
    facts.push(["", fill(words.waited, { time: spell(ticket.waited_seconds, words) })]);
  }
  replace(at("facts"), facts.map(([cls, text]) => make("li", { cls, text })));
}

/** The clocks that run between two answers. `now` is the hall's time. */
export function tick(desk, now, words) {
  const mode = modeOf(desk);
  const slipClock = at("clock");
  const started = { called: desk.ticket?.called_at, serving: desk.ticket?.started_at, paused: desk.session.pause?.since }[mode];
  slipClock.hidden = !started;
  if (started) {
    const seconds = Math.max(0, (now - Date.parse(started)) / 1000);
    put(at("run"), clock(seconds));
    let more = "";
    if (mode === "paused") {
      const minutes = desk.options.pause_minutes;
      const over = seconds - minutes * 60;
      at("slip").dataset.over = over > 0 ? "yes" : "no";
      more = ` · ${fill(over > 0 ? words.over : words.allowance, { minutes, time: spell(over, words) })}`;
    }
    put(at("since"), fill(words.since, { time: formatTime(started, desk.zone) }) + more);
  }
  const asOf = Date.parse(desk.now);
  for (const cell of document.querySelectorAll("[data-waited]")) {
    put(cell, spell(Number(cell.dataset.waited) + Math.max(0, (now - asOf) / 1000), words));
  }
  if (mode === "idle") {
    const longest = Math.max(0, ...desk.next.map((ticket) => ticket.waited_seconds)) + Math.max(0, (now - asOf) / 1000);
    put(at("service"), desk.waiting ? fill(words.people_wait, { count: desk.waiting, time: spell(longest, words) }) : words.nobody_waits);
  }
}

function drawLine(desk, words) {
  put(at("waiting"), String(desk.waiting));
  at("line-none").hidden = desk.waiting > 0;
  replace(at("line"), desk.next.map((ticket) => row(ticket, words, "", make("span", { cls: "row-wait num", "data-waited": ticket.waited_seconds }))));
  const more = desk.waiting - desk.next.length;
  at("line-more").hidden = more <= 0;
  put(at("line-more"), fill(at("line-more").dataset.text, { n: more }));
}

function drawAside(name, tickets, desk, words, tell) {
  at(`${name}-panel`).hidden = tickets.length === 0;
  put(at(`${name}-count`), String(tickets.length));
  replace(at(name), tickets.map((ticket) => {
    const back = make("button", { cls: "btn btn-small", type: "button", text: words.resume, "data-resume": ticket.id });
    return row(ticket, words, tell(ticket), back);
  }));
}

function row(ticket, words, note, ...beside) {
  const more = make("span", { cls: "row-more" });
  if (ticket.priority) more.append(make("span", { cls: "tag", text: words[`tag_${ticket.priority}`] ?? words.priority }));
  if (ticket.only_counter) more.append(make("span", { cls: "tag tag-plain", text: words.sent_here }));
  if (note) more.append(make("span", { text: note }));
  const open = make("button", { cls: "row-open", type: "button", "data-ticket": ticket.id },
    make("span", { cls: "row-number num", text: ticket.number }),
    make("span", { cls: "row-service", text: ticket.service_name }), more);
  return make("li", { cls: "row-ticket", "data-id": ticket.id }, open, ...beside);
}

function drawPaper(desk, words) {
  const worst = desk.printers[0];
  at("paper").hidden = !worst;
  if (!worst) return;
  const sentence = worst.state === "low" ? words.printer_low : (words[`printer_${worst.reason}`] ?? words.printer_trouble);
  put(at("paper-text"), fill(sentence, { name: worst.kiosk || worst.code }));
}

/** Puts new children in place of the old ones and keeps the keyboard where it was. */
function replace(list, children) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const mark = focused && (focused.dataset.resume ? `[data-resume="${focused.dataset.resume}"]` : `[data-ticket="${focused.dataset.ticket}"]`);
  list.replaceChildren(...children);
  if (mark) list.querySelector(mark)?.focus({ preventScroll: true });
}
