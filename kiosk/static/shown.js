/* Tells the server that number and QR code were on the screen in place of paper, and whether somebody touched that.
 *
 *   new Shown({ post }).tell(ticketId, "touched" | "left")   said again until there is an answer: staff look for who is missing
 */

const AGAIN_MS = 5000;
const KEPT = 50; // a server that is away for long: the oldest are on the staff's list anyhow

export class Shown {
  #post;
  #owed = new Map();
  #busy = false;

  constructor({ post }) {
    this.#post = post;
  }

  tell(ticket, how) {
    if (this.#owed.size >= KEPT) this.#owed.delete(this.#owed.keys().next().value);
    this.#owed.set(ticket, how);
    this.#work();
  }

  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    for (const [ticket, how] of [...this.#owed]) {
      try {
        const { status } = await this.#post(`/api/v1/tickets/${encodeURIComponent(ticket)}/shown`, { how });
        // 4xx is the server's last word on it; anything else is none
        if (status < 500 && status !== 429 && this.#owed.get(ticket) === how) this.#owed.delete(ticket);
      } catch {
        break; // no answer: later
      }
    }
    this.#busy = false;
    if (this.#owed.size) setTimeout(() => this.#work(), AGAIN_MS);
  }
}
