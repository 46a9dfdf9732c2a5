/** The ends of a session: a touch of the page counts as use, and nobody is signed out unwarned. */

import { get, session } from "./api.js";
import { button, h } from "./dom.js";
import { clock } from "./time.js";

const TICK = 5_000;
const WARN_MS = 60_000;
const EXPIRY_WARN_MS = 5 * 60_000;
const SHARED = "willcall:desk:active";

export class Idle {
  #abort = new AbortController();
  #timer;
  #asking = false;

  /** @param {{idle_minutes: number, expires_at: string}} ends @param {HTMLElement} banner */
  constructor({ idle_minutes, expires_at }, banner) {
    this.idleMs = idle_minutes * 60_000;
    this.expires = Date.parse(expires_at);
    const stay = button("Stay signed in", () => this.#use(), { look: "button" });
    this.idleLine = h("p.banner.warn", null, h("span", null, "You will be signed out soon because the desk is not used."), stay);
    this.endLine = h("p.banner.warn", null, `Your session ends at ${clock(expires_at)}. Sign in again then; what you write is kept.`);
    this.banner = banner;
    session.onActive = () => this.#active();
    this.#active();
    for (const type of ["pointerdown", "keydown"])
      addEventListener(type, () => this.#touched(), { capture: true, passive: true, signal: this.#abort.signal });
    this.#timer = setInterval(() => this.#tick(), TICK);
  }

  stop() {
    clearInterval(this.#timer);
    this.#abort.abort();
    session.onActive = () => {};
  }

  /** Another tab of the same session may be the one in use. */
  get #last() {
    try {
      return Math.max(this.last, Number(localStorage.getItem(SHARED)) || 0);
    } catch {
      return this.last;
    }
  }

  #active() {
    this.last = Date.now();
    try {
      localStorage.setItem(SHARED, String(this.last));
    } catch {
      // this tab still knows
    }
    this.idleLine.remove();
  }

  #touched() {
    if (Date.now() - this.last > Math.min(WARN_MS, this.idleMs / 3)) this.#use();
  }

  async #use() {
    if (this.#asking) return;
    this.#asking = true;
    await get("/session").catch(() => {});
    this.#asking = false;
  }

  #tick() {
    const left = this.idleMs - (Date.now() - this.#last);
    if (left > WARN_MS) this.idleLine.remove();
    else if (!this.idleLine.isConnected && this.idleMs > 2 * WARN_MS) this.banner.append(this.idleLine);
    if (this.expires - Date.now() < EXPIRY_WARN_MS && !this.endLine.isConnected) this.banner.append(this.endLine);
    // the server decides; without this an idle desk would show patients until something is asked
    if (left < 0 || Date.now() > this.expires) get("/session", { background: true }).catch(() => {});
  }
}
