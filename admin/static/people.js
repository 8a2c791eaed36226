// The pages about people: a choice goes at once, and whoever types a date later than the end moves the end along.

for (const choice of document.querySelectorAll("[data-go]")) {
  choice.addEventListener("change", () => { if (choice.value || choice.tagName === "SELECT") choice.form.requestSubmit(); });
}
for (const button of document.querySelectorAll("[data-plain]")) button.hidden = true;
const first = document.getElementById("first"), last = document.getElementById("last");
if (first && last) first.addEventListener("change", () => { if (!last.value || last.value < first.value) last.value = first.value; });
for (const one of document.querySelectorAll(".away-form")) {
  one.addEventListener("submit", () => { for (const b of one.querySelectorAll("button")) b.setAttribute("aria-busy", "true"); });
}
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
document.querySelector(".away-form")?.closest("li")?.scrollIntoView({ block: "nearest" });
