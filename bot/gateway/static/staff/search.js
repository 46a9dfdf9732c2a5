/** The search field, and what was found instead of the queue. */

import { post } from "./api.js";
import { button, h, icon } from "./dom.js";
import { stamp } from "./time.js";
import { plural } from "./words.js";

const STATES = { waiting: "waiting", claimed: "claimed", closed: "closed" };

export class Search {
  #latest = 0;

  /** @param {(conversationId, escalationId) => void} open @param {(shown: boolean) => void} onShown */
  constructor(open, onShown) {
    this.open = open;
    this.onShown = onShown;
    this.input = h("input", { type: "search", id: "search", placeholder: "Name, Rx number, words", autocomplete: "off", maxlength: 100 });
    this.input.addEventListener("input", () => !this.input.value && this.#show(false));
    this.summary = h("p.found", { role: "status" });
    this.list = h("ul.cards");
    const back = button("Back to the queue", () => this.clear(), { look: "button.small-button" });
    this.results = h("div.results", { hidden: "" }, h("div.row.between", null, this.summary, back), h("div.scroll", null, this.list));
    const form = h(
      "form.search",
      { role: "search", "aria-label": "Conversations" },
      h("label.sr", { for: "search" }, "Search conversations"),
      this.input,
      h("button.tool", { type: "submit", "aria-label": "Search" }, icon("search")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run(this.input.value.trim());
    });
    this.node = h("div.finder", null, form, this.results);
  }

  get shown() {
    return !this.results.hidden;
  }

  clear() {
    this.input.value = "";
    this.#show(false);
    this.input.focus();
  }

  focusResults() {
    (this.list.querySelector("button") ?? this.input).focus();
  }

  #show(shown) {
    this.#latest += 1;
    this.results.hidden = !shown;
    this.onShown(shown);
  }

  async #run(q) {
    if (!q) return this.#show(false);
    this.#show(true);
    const run = this.#latest;
    this.summary.textContent = "Searching…";
    this.list.replaceChildren();
    try {
      const { results } = await post("/search", { q });
      if (run !== this.#latest) return;
      this.summary.textContent = results.length ? plural(results.length, "result", "results") : "Nothing found";
      this.list.replaceChildren(...results.map((found) => this.#result(found)));
    } catch ({ message }) {
      if (run === this.#latest) this.summary.textContent = message;
    }
  }

  #result({ conversation_id, escalation_id, patient_name, reason_label, state, opened_at, snippet }) {
    const what = [reason_label, Object.hasOwn(STATES, state) ? STATES[state] : state].filter(Boolean).join(", ");
    return h(
      "li",
      null,
      h(
        "button.card",
        { type: "button", onclick: () => this.open(conversation_id, escalation_id) },
        h("span.line", null, h(`span.name${patient_name ? "" : ".none"}`, null, patient_name || "Not verified"), h("span.time", null, stamp(opened_at))),
        h("span.line.small", null, what),
        h("span.question", null, snippet),
      ),
    );
  }
}
