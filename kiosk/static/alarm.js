/* Calls a citizen on their phone: it shakes and rings, as far as they allowed it with a touch (browsers demand one). */

const SHAKE = [500, 200, 500, 200, 900];
const RINGS = 4;

export class Alarm {
  #audio = null;
  #ringing = [];
  #awake = null;
  #called = false;
  ready = false;

  /** Called from a touch: from now on the page may shake and ring, and the screen stays on where the phone allows it. */
  prepare() {
    this.ready = true;
    navigator.vibrate?.(150);
    try {
      this.#audio ??= new AudioContext();
      this.#audio.resume();
      this.#tone(880, 0, 0.12);
    } catch {
      // a phone without sound still shakes
    }
    this.#stayAwake();
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#stayAwake());
  }

  ring() {
    this.#called = true;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKE);
    if (this.#audio?.state === "running") {
      for (let n = 0; n < RINGS; n++) for (const [at, pitch] of [[0, 660], [0.22, 880]]) this.#tone(pitch, n * 0.9 + at, 0.2);
    }
  }

  hush() {
    if (!this.#called) return;
    this.#called = false;
    for (const tone of this.#ringing.splice(0)) tone.stop();
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(0);
  }

  #tone(pitch, after, seconds) {
    const start = this.#audio.currentTime + after;
    const tone = this.#audio.createOscillator();
    const loudness = this.#audio.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.5, start + 0.02);
    loudness.gain.linearRampToValueAtTime(0, start + seconds);
    tone.connect(loudness).connect(this.#audio.destination);
    tone.start(start);
    tone.stop(start + seconds);
    tone.onended = () => (this.#ringing = this.#ringing.filter((other) => other !== tone));
    this.#ringing.push(tone);
  }

  async #stayAwake() {
    try {
      this.#awake = await navigator.wakeLock?.request("screen");
    } catch {
      // refused on low battery or plain HTTP: the page still rings while it is open
    }
  }
}
