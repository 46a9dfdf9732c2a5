/** Keeps what a page shows fresh: told by the stream, and read now and then whatever the stream says. */

import { get } from "./api.js";
import { h } from "./dom.js";
import { Live } from "./live.js";
import { setServerTime } from "./time.js";

const DEBOUNCE = 150;
const EVERY = 30_000;

export class Watch {
  #timer;
  #due = Infinity;
  #running = false;
  #again = false;
  #stopped = false;
  #abort = new AbortController();

  /**
   * @param {{shell: object, kind: string, read: () => Promise<void>, every?: () => number}} options
   *   `kind`: the signal that means this page; `every`: milliseconds until it is read anyway
   */
  constructor({ shell, kind, read, every = () => EVERY }) {
    this.read = read;
    this.every = every;
    this.line = h("span.live", null, "Connecting…");
    shell.tools.replaceChildren(this.line);
    const soon = () => this.soon();
    document.addEventListener("visibilitychange", () => !document.hidden && soon(), { signal: this.#abort.signal });
    this.live = new Live({
      onHello: ({ now }) => {
        setServerTime(now);
        this.#show(true);
        soon();
      },
      onChange: (change) => change.kind === kind && soon(),
      onPassing: (passed) => passed === kind && soon(),
      onReset: soon,
      onLost: () => this.#show(false),
      check: () => get("/session", { background: true }).catch(() => {}),
    });
    this.#run();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.live.stop();
  }

  /** Changes come in bursts. */
  soon() {
    this.#wait(DEBOUNCE);
  }

  /** What is due sooner stays. */
  #wait(ms) {
    const at = Date.now() + ms;
    if (this.#stopped || this.#due <= at) return;
    clearTimeout(this.#timer);
    this.#due = at;
    this.#timer = setTimeout(() => {
      this.#due = Infinity;
      this.#run();
    }, ms);
  }

  /** One at a time, and once more if something has changed meanwhile. */
  async #run() {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    do {
      this.#again = false;
      await this.read().catch(() => {}); // what was read stays; the next time it may work
    } while (this.#again && !this.#stopped);
    this.#running = false;
    this.#wait(this.every());
  }

  #show(live) {
    this.line.textContent = live ? "Live" : "Not connected";
    this.line.classList.toggle("lost", !live);
  }
}
