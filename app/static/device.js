// Takes a device's key from the address's fragment (#KEY), which never travels to a server or into its log, and trades
// it for this browser's cookie. The fragment is wiped at once, so that nobody reads the key off the address bar.
const form = document.getElementById("device-form");
const refused = document.getElementById("refused");
const csrf = document.querySelector('meta[name="csrf-token"]').content;

async function enter(token) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) {
    location.replace((await answer.json()).go);
    return;
  }
  refused.textContent = form.dataset.refused;
  refused.hidden = false;
}

const handed = location.hash.slice(1);
if (handed) {
  history.replaceState(null, "", location.pathname);
  enter(handed);
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  enter(form.elements.token.value);
});
