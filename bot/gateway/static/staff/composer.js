/** Where a reply is written: kept while it is not sent, never sent with a gap in it. */

import { get, post } from "./api.js";
import { inform } from "./dialogs.js";
import { button, h, icon } from "./dom.js";

const TYPING_EVERY = 3_000;
/** "[…]" or "[medicine]": what the desk must still say; a number in brackets is none. */
const GAP = /\[[^[\]\n\d]{1,60}\]/;
const TALLEST = 220;

export class Composer {
  #typed = 0;

  /** @param {import("./kept.js").Kept} kept @param {import("./outbox.js").Outbox} outbox */
  constructor(kept, outbox) {
    this.kept = kept;
    this.outbox = outbox;
    this.error = h("p.problem", { role: "alert", id: "reply-error" });
    this.input = h("textarea", { id: "reply", rows: 2, "aria-describedby": "reply-error", placeholder: "Enter sends, Shift+Enter begins a new line" });
    this.input.addEventListener("input", () => this.#written());
    this.input.addEventListener("keydown", (event) => this.#pressed(event));
    const canned = button("Canned replies", () => this.#pick(), { look: "button.small-button", sign: "text" });
    const send = h("button.button.primary", { type: "submit" }, icon("send"), h("span", null, "Send"));
    this.node = h(
      "form.composer",
      { "aria-label": "Reply", hidden: "" },
      h("div.row.between", null, h("label", { for: "reply" }, "Reply to the patient"), canned),
      this.error,
      h("div.write", null, this.input, send),
    );
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** @param {import("./room.js").Room | null} room */
  attach(room) {
    if (this.room?.id === room?.id) {
      this.room = room;
      return;
    }
    this.room = room;
    this.error.textContent = "";
    this.input.value = (room && this.kept.get(`draft:${room.id}`)) || "";
    if (room) this.input.lang = room.locale;
    this.#fit();
  }

  show(shown) {
    this.node.hidden = !shown;
    if (shown) this.#fit();
  }

  focus() {
    this.input.focus();
  }

  /** The server did not take it: the words come back, before what is written by now. */
  restore({ conversation_id: id, text }) {
    const key = `draft:${id}`;
    const value = [text, this.kept.get(key)].filter(Boolean).join("\n");
    this.kept.set(key, value);
    if (this.room?.id !== id) return;
    this.input.value = value;
    this.#fit();
  }

  #written() {
    this.error.textContent = "";
    this.kept.set(`draft:${this.room.id}`, this.input.value);
    this.#fit();
    if (!this.input.value || Date.now() - this.#typed < TYPING_EVERY) return;
    this.#typed = Date.now();
    post(`/conversations/${encodeURIComponent(this.room.id)}/typing`).catch(() => {});
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #send() {
    const text = this.input.value.trim();
    if (!text || !this.room) return;
    const gap = this.#selectGap();
    if (gap) {
      this.error.textContent = `Not sent: fill in ${gap} first.`;
      return;
    }
    this.input.value = "";
    this.error.textContent = "";
    this.kept.set(`draft:${this.room.id}`, "");
    this.#typed = 0;
    this.#fit();
    this.outbox.say(this.room.id, text);
    this.input.focus();
  }

  /** What is still to be filled in, if anything; it is selected, so that one can type over it. */
  #selectGap() {
    const gap = GAP.exec(this.input.value);
    if (!gap) return "";
    this.input.focus();
    this.input.setSelectionRange(gap.index, gap.index + gap[0].length);
    return gap[0];
  }

  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(TALLEST, this.input.scrollHeight + 2)}px`;
  }

  async #pick() {
    const { room } = this;
    const list = h("ul.picks", null, h("li", null, h("p.small", null, "Loading…")));
    const filter = h("input", { id: "canned", type: "search", autocomplete: "off" });
    const dialog = inform("Canned replies", h("div.field", null, h("label", { for: "canned" }, "Find"), filter), list);
    filter.focus();
    try {
      const { replies } = await get(`/conversations/${encodeURIComponent(room.id)}/canned`);
      const rows = replies.map((reply) => {
        const choose = () => {
          dialog.close();
          this.#insert(reply.text);
        };
        const node = h("button.pick", { type: "button", onclick: choose }, h("b", null, reply.title), h("span", { lang: room.locale }, reply.text));
        return { words: `${reply.title} ${reply.text}`.toLowerCase(), node: h("li", null, node) };
      });
      const show = () => {
        const found = rows.filter(({ words }) => words.includes(filter.value.trim().toLowerCase()));
        list.replaceChildren(...(found.length ? found.map(({ node }) => node) : [h("li", null, h("p.small", null, "None fits."))]));
      };
      filter.addEventListener("input", show);
      filter.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault(); // it would be typed into the reply, over the gap
        list.querySelector("button")?.click();
      });
      show();
    } catch ({ message }) {
      list.replaceChildren(h("li", null, h("p.problem", { role: "alert" }, message)));
    }
  }

  #insert(text) {
    const { input } = this;
    input.focus();
    const before = input.value.slice(0, input.selectionStart);
    input.setRangeText(before && !/\s$/.test(before) ? ` ${text}` : text, input.selectionStart, input.selectionEnd, "end");
    this.#written();
    this.#selectGap();
  }
}
