/* Asks the server for a number, once: whatever is lost on the way, the same key asks again and gets the same number.
 *
 *   newKey()                                        a fresh idempotency key
 *   await takeNumber({ url, body, key })            { ticket } or { refusal: {status, code, ...} }; throws Silent
 *   const stop = watchSlip({ url, onState })        tells { state, reason, slow } until the slip's fate is known
 */

export class Silent extends Error {}

// The server waits five seconds for a locked database before it says so: a shorter wait would hear of it as silence.
const PATIENCE_MS = 6000;
const AGAIN_MS = 3000;

/** 128 random bits. crypto.randomUUID does not exist on plain HTTP, which a hall's own network may well use. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function takeNumber({ url, body, key, tries = 2, pauseMs = 400 }) {
  let last = null;
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    last = null;
    try {
      const { status, data } = await post(url, body, { "Idempotency-Key": key }, attempt ? AGAIN_MS : PATIENCE_MS);
      if (status === 201 && data?.number) return { ticket: data };
      if (data?.code) last = { refusal: { ...data, status } };
      if (data?.code === "bad_csrf") await freshToken(); // nothing was written: once more with the page's new token
      else if (data?.code) return last;
    } catch (error) {
      if (!(error instanceof Silent)) throw error;
    }
  }
  if (last) return last;
  throw new Silent("no answer");
}

/** One POST of JSON. Throws Silent when no answer came in time: it may have been done all the same. */
export async function post(url, body, headers = {}, timeoutMs = 4000) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      signal: abort.signal,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf(), ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, data: parse(text) };
  } catch (error) {
    throw new Silent(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's own error page
  }
}

const meta = () => document.querySelector('meta[name="csrf-token"]');
const csrf = () => meta()?.content ?? "";

/** A page that stood open for days may hold a token of an older session: the page itself brings a new one. */
async function freshToken() {
  try {
    const response = await fetch(location.href, { cache: "no-store", credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector('meta[name="csrf-token"]')?.content;
    if (fresh && meta()) meta().content = fresh;
  } catch {
    // not reachable: the next try says so
  }
}

const SETTLED = new Set(["confirmed", "failed", "unknown", "none"]);

/** Follows a slip. After `slowMs` without news the citizen is told to use the screen; later news still counts. */
export function watchSlip({ url, onState, everyMs = 400, slowMs = 1500, untilMs = 45_000, first = "queued" }) {
  const began = performance.now();
  let stopped = false;
  let timer = null;
  let state = { state: first, reason: null };
  const tell = () => onState({ ...state, slow: !SETTLED.has(state.state) && performance.now() - began >= slowMs });
  const step = async () => {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), 3000);
    try {
      const response = await fetch(url, { cache: "no-store", credentials: "same-origin", headers: { Accept: "application/json" }, signal: abort.signal });
      if (response.ok) state = await response.json();
    } catch {
      // not reachable now: what is known stays, and `slow` tells the citizen what to do
    } finally {
      clearTimeout(limit);
    }
    if (stopped) return;
    tell();
    if (!SETTLED.has(state.state) && performance.now() - began < untilMs) timer = setTimeout(step, everyMs);
  };
  tell();
  if (SETTLED.has(first)) return () => {};
  const slow = setTimeout(tell, slowMs);
  step();
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(slow);
  };
}
