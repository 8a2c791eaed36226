// Keeps the roll call's page and its files for the time without signal. The network always goes first: the kept page is
// shown only when it fails, is forgotten when somebody signs out, and after three days.
const KEPT = "antre-apel", DAYS = 3;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const isRollCall = (url) => /^\/admin\/[^/]+\/apel$/.test(url.pathname);
const isFile = (url) => url.pathname.startsWith("/static/");

async function keep(address) {
  const answer = await fetch(address, { cache: "no-cache", credentials: "same-origin" });
  await store(new Request(address), answer);
}

async function store(request, answer) {
  if (!answer.ok || answer.redirected || answer.type !== "basic") throw new Error(`not to be kept: ${request.url}`);
  const headers = new Headers(answer.headers);
  headers.set("X-Antre-Kept", String(Date.now()));
  const copy = new Response(await answer.clone().blob(), { status: 200, headers });
  await (await caches.open(KEPT)).put(request, copy);
}

self.addEventListener("message", (event) => {
  if (event.data.forget) event.waitUntil(caches.delete(KEPT));
  if (Array.isArray(event.data.keep)) {
    const own = event.data.keep.map((address) => new URL(address)).filter((url) => url.origin === location.origin && (isRollCall(url) || isFile(url)));
    event.waitUntil(Promise.all(own.map((url) => keep(url.href))).then(() => event.source.postMessage({ kept: true })));
  }
});

async function networkFirst(request) {
  try {
    const answer = await fetch(request);
    if (isRollCall(new URL(request.url)) && answer.ok && !answer.redirected) await store(request, answer);
    return answer;
  } catch (fault) {
    const kept = await caches.open(KEPT);
    const found = (await kept.match(request.url, { ignoreVary: true })) || (await kept.match(request.url, { ignoreVary: true, ignoreSearch: true }));
    if (!found || Date.now() - Number(found.headers.get("X-Antre-Kept")) > DAYS * 864e5) throw fault;
    return found;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || event.request.headers.has("X-Antre-Fresh")) return;
  if (isRollCall(url) || isFile(url)) event.respondWith(networkFirst(event.request));
});
