/* The console's dialogs: why the counter pauses, where a ticket is sent, one ticket of a list, and the keys. All work
 * by keys alone. */

import { fill, make, put } from "./format.js";
import { SURE_MS } from "./keys.js";

const at = (id) => document.getElementById(id);

for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());

export function openHelp() {
  at("help-dialog").showModal();
}

/** Asks for a reason and hands it to `onReason`. The digits 1 to 4 choose at once. */
export function preparePause({ words, onReason }) {
  const dialog = at("pause-dialog");
  const other = at("other");
  const choose = (button) => {
    if (button.dataset.reason) {
      dialog.close();
      onReason(button.dataset.reason);
    } else {
      other.hidden = at("pause-go").hidden = false;
      at("other-text").focus();
    }
  };
  const picks = [...dialog.querySelectorAll(".pick")];
  for (const button of picks) button.addEventListener("click", () => choose(button));
  dialog.addEventListener("keydown", (event) => {
    if (event.repeat || event.target === at("other-text")) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit && picks[digit - 1]) {
      event.preventDefault();
      choose(picks[digit - 1]);
    }
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      picks[(picks.indexOf(document.activeElement) + step + picks.length) % picks.length].focus();
    }
  });
  at("pause-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = at("other-text").value.trim();
    at("other-fault").hidden = Boolean(reason);
    put(at("other-fault"), words.other_needed);
    if (!reason) return void at("other-text").focus();
    dialog.close();
    onReason(reason);
  });
  return () => {
    other.hidden = at("pause-go").hidden = true;
    at("other-fault").hidden = true;
    at("other-text").value = "";
    dialog.showModal();
    picks[0].focus();
  };
}

/** Asks where a ticket goes. `load()` fetches counters and services; `onTarget(ticket, {service|counter, return}, name)`. */
export function prepareTransfer({ words, own, load, onTarget }) {
  const dialog = at("transfer-dialog");
  const find = at("find");
  const list = at("targets");
  const fault = at("transfer-fault");
  let ticket = null;
  let targets = [];
  let shown = [];
  let chosen = 0;
  let known = false; // before the places have come nothing can be said of what there is not

  const normal = (text) => text.toLowerCase().replace(/[^\p{L}\p{N} ]/gu, " ");
  const show = () => {
    const asked = normal(find.value).split(" ").filter(Boolean);
    const digits = /^\d+$/.test(find.value.trim()) ? find.value.trim() : null;
    shown = targets.filter((t) => (digits ? t.counter === digits || t.name.split(" ").includes(digits) : asked.every((word) => t.search.includes(word))));
    chosen = Math.min(chosen, Math.max(0, shown.length - 1));
    list.replaceChildren(...shown.map((target, index) => {
      const item = make("li", { cls: "target", id: `target-${index}`, role: "option", "aria-selected": String(index === chosen) },
        make("span", { cls: "target-name", text: target.name }), make("span", { cls: "target-more", text: target.more }));
      if (target.note) item.append(make("span", { cls: "tag tag-warn", text: target.note }));
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => choose(index));
      item.addEventListener("dblclick", submit);
      return item;
    }));
    if (known && !shown.length) list.append(make("li", { cls: "none", text: words.no_match }));
    find.setAttribute("aria-activedescendant", shown.length ? `target-${chosen}` : "");
    at("transfer-go").disabled = !shown.length;
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  };
  const choose = (index) => {
    chosen = Math.max(0, Math.min(shown.length - 1, index));
    show();
  };
  const submit = () => {
    const target = shown[chosen];
    if (!target) return;
    dialog.close();
    const back = at("return").checked && !at("return-choice").hidden;
    onTarget(ticket, { ...(target.service ? { service: target.service } : { counter: target.counter }), return: back }, target.name);
  };
  find.addEventListener("input", () => {
    chosen = 0;
    show();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
    if (step) {
      event.preventDefault();
      choose(chosen + step);
    } else if (event.code === "F6" || event.code === "NumpadMultiply") {
      event.preventDefault();
      if (!event.repeat && !at("return-choice").hidden) at("return").checked = !at("return").checked;
    } else if (event.key === "Enter" && event.repeat) {
      event.preventDefault();
    }
  });
  at("transfer-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });

  return async (wanted) => {
    ticket = wanted;
    put(at("transfer-title"), fill(words.transfer_title, { number: ticket.number }));
    at("return").checked = false;
    at("return-choice").hidden = !["called", "serving", "held"].includes(ticket.state);
    find.value = "";
    targets = [];
    chosen = 0;
    known = false;
    fault.hidden = true;
    show();
    dialog.showModal();
    find.focus();
    try {
      targets = sort(await load());
      known = true;
    } catch {
      put(fault, words.why_offline);
      fault.hidden = false;
    }
    show();
  };

  function sort({ counters, services }) {
    const mine = own();
    const notes = { closed: words.unstaffed, lost: words.unstaffed, paused: words.on_pause };
    const staffed = new Set(counters.filter((c) => c.taken).flatMap((c) => c.services.map((s) => s.code)));
    const all = [
      ...services.filter((s) => s.code !== ticket.service).map((s) => ({ service: s.code, name: s.name, more: s.agency_short, note: staffed.has(s.code) ? "" : words.unstaffed, near: s.agency === mine.agency })),
      ...counters.filter((c) => c.code !== mine.code).map((c) => ({ counter: c.code, name: c.name, more: c.agency_short, note: notes[c.state] ?? "", near: c.agency === mine.agency })),
    ];
    for (const target of all) target.search = normal(`${target.name} ${target.more}`);
    return [...all.filter((t) => t.near), ...all.filter((t) => !t.near)];
  }
}

/** One ticket of a list, with what may be done to it. `onMove(move, ticket)`; cancelling takes a second, deliberate press. */
export function prepareTicket({ words, onMove }) {
  const dialog = at("ticket-dialog");
  const cancel = dialog.querySelector('[data-ticket-move="cancel"]');
  const calm = cancel.textContent;
  let ticket = null;
  let armed = null;
  const disarm = () => {
    armed = null;
    cancel.classList.remove("btn-danger");
    put(cancel, calm);
  };
  for (const button of dialog.querySelectorAll("[data-ticket-move]")) {
    button.addEventListener("click", (event) => {
      if (button !== cancel) disarm();
      else if (armed === null || performance.now() - armed < SURE_MS || event.detail > 1) {
        armed = performance.now();
        cancel.classList.add("btn-danger");
        return put(cancel, fill(words.again, { move: words.cancel, number: ticket.number }));
      }
      dialog.close();
      onMove(button.dataset.ticketMove, ticket);
    });
  }
  dialog.addEventListener("close", disarm);
  return (wanted, facts) => {
    ticket = wanted;
    disarm();
    put(at("ticket-title"), ticket.number);
    put(at("ticket-service"), ticket.service_name);
    at("ticket-facts").replaceChildren(...facts.map((text) => make("li", { text })));
    dialog.querySelector('[data-ticket-move="resume"]').hidden = ticket.state === "waiting";
    for (const move of ["cancel", "transfer"]) dialog.querySelector(`[data-ticket-move="${move}"]`).hidden = ticket.state === "no_show";
    dialog.showModal();
  };
}
