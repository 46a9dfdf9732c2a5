/** What was just done, with the way back. It stays until the next thing is done: nobody is hurried. */

import { button, h, icon } from "./dom.js";

export class Toast {
  constructor(main) {
    this.text = h("span.grow");
    this.acts = h("span.row");
    // always there, so that what is put into it is announced
    this.node = h("div.toast", { role: "status" }, this.text, this.acts);
    main.append(this.node);
  }

  /** @param {string} text @param {() => void} [undo] */
  show(text, undo) {
    const close = h("button.tool", { type: "button", "aria-label": "Close this notice", onclick: () => this.hide() }, icon("close"));
    this.text.textContent = text;
    this.acts.replaceChildren(...[undo && button("Undo", undo, { look: "button.small-button", key: "u" }), close].filter(Boolean));
    this.node.classList.add("shown");
  }

  hide() {
    this.node.classList.remove("shown");
    this.text.textContent = "";
    this.acts.replaceChildren();
  }
}
