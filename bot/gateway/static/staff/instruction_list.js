/** The instructions of the pharmacy, and which of them are shown. */

import { button, h, icon } from "./dom.js";
import { chooser, tick } from "./fields.js";
import { pageTitle } from "./panes.js";
import { now, stamp } from "./time.js";
import { INSTRUCTION_STATES, plural, who, word } from "./words.js";

const SOON_DAYS = 30;
const DAY_MS = 24 * 3600_000;

/** A text of the feed has no number of its own. */
export const keyOf = ({ series, medicine, topic, state }) => (series ? String(series) : `feed ${medicine} ${topic} ${state}`);

/** "Review by March 3, 2027", and how soon that is. A day has no time zone. */
export function review({ review_due_on: due, state }) {
  const days = Math.ceil((Date.parse(`${due}T00:00:00`) - now()) / DAY_MS);
  const date = new Date(`${due}T00:00:00`).toLocaleDateString("en-US", { dateStyle: "medium" });
  const told = state === "active";
  if (told && days <= 0) return h("span.tag.warn", null, icon("urgent"), `Review was due ${date}: not told any more`);
  if (told && days <= SOON_DAYS) return h("span.tag.warn", null, icon("soon"), `Review by ${date}, in ${plural(days, "day", "days")}`);
  return h("span.small", null, Number.isNaN(days) ? String(due ?? "") : `Review by ${date}`);
}

export const stateTag = (state) => h(`span.tag${state === "second" || state === "draft" ? ".warn" : ""}`, null, word(INSTRUCTION_STATES, state));

/** Who has approved it, one or both, and when. */
export function approval({ approved_by, approved_at, second_by, second_at }) {
  const names = [who(approved_by), who(second_by)].filter(Boolean).join(" and ");
  return names && `approved by ${names}, ${stamp(second_at ?? approved_at)}`;
}

export class InstructionList {
  /** @param {object} page @param {(key: string) => void} open */
  constructor(page, open) {
    this.page = page;
    this.open = open;
    const search = h("input", { type: "search", id: "find", autocomplete: "off", maxlength: 100, oninput: () => page.choose({ q: search.value.trim() }) });
    const find = h("div.field", null, h("label", { for: "find" }, "Medicine or words"), search);
    const state = chooser("State", [["", "Every state"], ...Object.entries(INSTRUCTION_STATES)], (value) => page.choose({ state: value }));
    this.topic = chooser("Topic", [["", "Every topic"]], (value) => page.choose({ topic: value }));
    this.expiring = tick("To review within 30 days", (on) => page.choose({ expiring: on ? String(SOON_DAYS) : "" }));
    const write = button("New instruction", () => open("new"), { look: "button.primary" });
    this.empty = h("p.empty", { role: "status" }, "Loading…");
    this.list = h("ul.cards", { "aria-label": "Instructions" });
    this.head = [h("div.row.between", null, pageTitle("Instructions"), write), find, h("div.pair", null, state.node, this.topic.node), this.expiring.node];
    this.body = [this.empty, this.list];
  }

  say(text) {
    this.list.replaceChildren();
    this.empty.hidden = false;
    this.empty.textContent = text;
  }

  /** @param {object[]} items @param {number} expiring how many are due soon @param {string} open */
  render(items, expiring, open) {
    const focused = this.list.contains(document.activeElement) && document.activeElement.dataset.key;
    this.topic.offer([["", "Every topic"], ...this.page.topics.map(({ name }) => [name, this.page.topic(name)])]);
    this.expiring.node.lastChild.textContent = `To review within 30 days (${expiring})`;
    this.list.replaceChildren(...items.map((item) => this.#card(item)));
    this.empty.hidden = items.length > 0;
    this.empty.textContent = "No instruction fits.";
    this.mark(open);
    if (focused) this.focus(focused);
  }

  #card(item) {
    const key = keyOf(item);
    const approved = approval(item);
    const node = h(
      "button.card",
      { type: "button", "data-key": key, onclick: () => this.open(key) },
      h("span.line", null, h("b", null, item.medicine), stateTag(item.state), item.imported && h("span.tag", null, "from the feed")),
      h("span.line.small", null, [this.page.topic(item.topic), item.clinical && "clinical", approved].filter(Boolean).join(" · ")),
      h("span.line", null, review(item)),
    );
    return h("li", null, node);
  }

  get buttons() {
    return [...this.list.querySelectorAll("button")];
  }

  mark(key) {
    for (const each of this.buttons) {
      if (each.dataset.key === key.replace(/\+$/, "")) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
  }

  focus(key) {
    const { buttons } = this;
    (buttons.find((each) => each.dataset.key === key) ?? buttons[0] ?? this.head[0].querySelector("button")).focus();
  }
}
