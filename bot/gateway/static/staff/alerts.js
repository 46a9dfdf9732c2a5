/** Makes itself heard and seen: a sound, the page's title, and words for screen readers. */

import { h } from "./dom.js";
import { preference } from "./kept.js";

const TITLE = "Willcall desk";
const TONES = [880, 1175, 880, 1175];

export class Alerts {
  #audio;
  #abort = new AbortController();
  #polite = h("p", { role: "status" });
  #assertive = h("p", { role: "alert" });

  /** @param {() => void} onState called when the sound changes or becomes possible */
  constructor(onState) {
    this.onState = onState;
    this.on = preference.get("sound");
    this.node = h("div.sr", null, this.#polite, this.#assertive);
    // browsers let a page make sounds only after somebody has touched it
    for (const type of ["pointerdown", "keydown"])
      addEventListener(type, () => this.#unlock(), { capture: true, signal: this.#abort.signal });
    if (navigator.userActivation?.hasBeenActive) this.#unlock();
  }

  stop() {
    this.#abort.abort();
    this.#audio?.close();
    document.title = TITLE;
  }

  /** On, but the browser still wants a touch of the page. */
  get blocked() {
    return this.on && this.#audio?.state !== "running";
  }

  toggle() {
    this.on = !this.on;
    preference.set("sound", this.on);
    if (this.on) this.#unlock().then(() => this.ring(1));
    this.onState();
  }

  async #unlock() {
    if (!this.on || this.#audio?.state === "running") return;
    try {
      this.#audio ??= new AudioContext();
      await this.#audio.resume();
    } catch {
      // no sound device: the title and the words remain
    }
    this.onState();
  }

  /** Two rising tones, twice; nothing is loaded for it. */
  ring(tones = TONES.length) {
    if (!this.on || this.#audio?.state !== "running") return;
    TONES.slice(0, tones).forEach((frequency, index) => {
      const at = this.#audio.currentTime + index * 0.18;
      const [tone, volume] = [this.#audio.createOscillator(), this.#audio.createGain()];
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
      volume.gain.linearRampToValueAtTime(0, at + 0.16);
      tone.connect(volume).connect(this.#audio.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    });
  }

  /** @param {string} text @param {boolean} [now] whether it interrupts what is being read */
  announce(text, now = false) {
    const region = now ? this.#assertive : this.#polite;
    // the same words again are announced only as a new node
    region.replaceChildren(h("span", null, text));
  }

  /** How many wait, for a tab that nobody looks at. */
  badge(waiting, urgent) {
    document.title = waiting ? `(${waiting}${urgent ? "!" : ""}) ${TITLE}` : TITLE;
  }
}
