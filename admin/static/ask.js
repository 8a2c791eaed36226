/* Asks the server for a piece of a page, or to do something, and tells what came of it in words that people understand. */

/** Puts a piece of a page, made by the server, into a box; a box that was asked for something newer keeps that.
 *  With `keep` what was there stays when no answer comes. */
export async function fetchInto(box, url, { keep = false } = {}) {
  const asked = (box.dataset.asked = `${url} ${performance.now()}`);
  if (!box.firstChild) box.textContent = box.dataset.wait;
  let piece = null;
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin", cache: "no-store" });
    if (response.ok && !response.redirected) piece = new DOMParser().parseFromString(await response.text(), "text/html").body;
  } catch (error) {
    console.info("no answer:", error.message);
  }
  if (box.dataset.asked !== asked) return false;
  if (piece) box.replaceChildren(...piece.childNodes);
  else if (!keep) box.textContent = box.dataset.failed;
  return piece !== null;
}

/** POST to the interface. {answer} or {error: words, code, problem}. */
export async function send(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content };
  try {
    const response = await fetch(`/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
    const answer = response.status === 204 ? null : await response.json();
    if (response.ok) return { answer };
    return { error: answer.detail ?? answer.title, code: answer.code, problem: answer };
  } catch (error) {
    console.info("no answer:", error.message);
    return { error: document.querySelector("[data-unreachable]").dataset.unreachable };
  }
}
