/* The console's heartbeat, in a worker: a browser slows the timers of a page that lies behind another window to one a
 * minute, and the counter of an officer who works in another program would look lost.
 *
 *   in:   {url, csrf, every}      out: {status, code}   status 0: no answer
 */

let beat = null;

self.onmessage = ({ data: { url, csrf, every } }) => {
  clearInterval(beat);
  let asking = false;
  const send = async () => {
    if (asking) return;
    asking = true;
    try {
      const response = await fetch(url, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
        body: "{}",
        signal: AbortSignal.timeout(4000),
      });
      const problem = response.ok ? {} : await response.json().catch(() => ({}));
      self.postMessage({ status: response.status, code: problem.code ?? null });
    } catch {
      self.postMessage({ status: 0, code: null });
    } finally {
      asking = false;
    }
  };
  send();
  beat = setInterval(send, every);
};
