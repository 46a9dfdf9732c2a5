/** Two panes: a list and what is open of it. The address names what is open; a phone shows one pane. */

import { button, h } from "./dom.js";

/** What one sees of the heading, which the list would take with it when a phone hides it. */
export const pageTitle = (text) => h("p.page-title", { "aria-hidden": "true" }, text);

export class Panes {
  key = "";
  #abort = new AbortController();

  /**
   * @param {HTMLElement} main
   * @param {{title: string, label: string, head: Node[], body: Node[], nothing: string, show: (key: string) => void}} options
   *   `show` puts the content of what was opened into `detail`; the key "" is nothing
   */
  constructor(main, { title, label, head, body, nothing, show }) {
    this.main = main;
    this.render = show;
    this.content = h("div.content");
    this.nothing = h("p.empty", null, nothing);
    this.back = button("Back to the list", () => this.close(), { look: "button.small-button.to-list", sign: "back" });
    this.detail = h("section.detail", { "aria-label": label, tabindex: 0 }, this.back, this.nothing, this.content);
    this.scroll = h("div.scroll", null, body);
    this.list = h("section.side", { "aria-label": title }, h("div.side-head", null, head), this.scroll);
    main.className = "review";
    main.replaceChildren(h("h1.sr", null, title), this.list, this.detail);
    addEventListener("popstate", () => this.#fromAddress(), { signal: this.#abort.signal });
  }

  /** What the address names; called once the page is ready to show it. */
  start() {
    this.#fromAddress();
  }

  stop() {
    this.#abort.abort();
  }

  open(key) {
    if (key !== this.key) history.pushState(null, "", `#${encodeURIComponent(key)}`);
    this.#show(String(key));
  }

  /** As `open`, but the browser's way back does not lead to what is gone. */
  replace(key) {
    history.replaceState(null, "", key ? `#${encodeURIComponent(key)}` : location.pathname);
    this.#show(String(key));
  }

  close() {
    const { key } = this;
    this.replace("");
    this.onClosed?.(key);
  }

  #fromAddress() {
    let key = "";
    try {
      key = decodeURIComponent(location.hash.slice(1));
    } catch {
      // no address of ours
    }
    this.#show(key);
  }

  #show(key) {
    this.key = key;
    this.main.dataset.pane = key ? "detail" : "list";
    this.nothing.hidden = Boolean(key);
    this.content.hidden = !key;
    this.detail.scrollTop = 0;
    this.render(key);
  }
}
