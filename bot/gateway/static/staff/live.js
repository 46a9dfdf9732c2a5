/** The stream of changes: comes back by itself, and asks whether the session is still there. */

import { backoff } from "../widget/connection.js";

export class Live {
  #source;
  #stopped = false;
  #attempt = 0;
  #abort = new AbortController();

  /** @param {{onHello, onChange, onPassing, onReset, onLost, check}} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    const { signal } = this.#abort;
    addEventListener("offline", () => handlers.onLost(), { signal });
    addEventListener("online", () => this.#open(), { signal });
    this.#open();
  }

  stop() {
    this.#stopped = true;
    this.#abort.abort();
    this.#source?.close();
  }

  #open() {
    this.#source?.close();
    const source = new EventSource("/staff/api/events");
    const { onHello, onChange, onPassing, onReset } = this.handlers;
    this.#source = source;
    source.addEventListener("hello", ({ data }) => {
      this.#attempt = 0;
      onHello(JSON.parse(data));
    });
    source.addEventListener("change", ({ data }) => onChange(JSON.parse(data)));
    for (const kind of ["typing", "seen", "read", "questions", "models"])
      source.addEventListener(kind, ({ data }) => onPassing(kind, JSON.parse(data)));
    source.addEventListener("reset", () => onReset());
    source.addEventListener("error", () => this.#lost(source));
  }

  /** The browser tries again after a lost line, but not after an answer that is no stream. */
  async #lost(source) {
    if (this.#stopped || source !== this.#source) return;
    this.handlers.onLost();
    this.handlers.check();
    if (source.readyState !== EventSource.CLOSED) return;
    await backoff(this.#attempt++);
    if (!this.#stopped && source === this.#source) this.#open();
  }
}
