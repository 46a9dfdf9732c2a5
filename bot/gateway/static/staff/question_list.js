/** The groups to review, and which of them are shown. */

import { arrange, h } from "./dom.js";
import { chooser, segments } from "./fields.js";
import { pageTitle } from "./panes.js";
import { stamp } from "./time.js";
import { KINDS, LANGUAGES, plural, STATUSES, word } from "./words.js";

const ORDERS = [
  ["size", "Largest first"],
  ["age", "Oldest first"],
];
const NOTHING = {
  new: "Nothing to review. The assistant had an answer to everything.",
  answered: "Nothing has been answered yet.",
  labelled: "Nothing has been labelled yet.",
  dismissed: "Nothing has been dismissed yet.",
};

export class QuestionList {
  #cards = new Map();

  /** @param {object} page with `filter`, `choose` and `label` @param {(key: string) => void} open */
  constructor(page, open) {
    this.page = page;
    this.open = open;
    const status = chooser("Status", Object.entries(STATUSES), (value) => page.choose({ status: value }));
    const kind = chooser("Kind", [["", "Every kind"], ...Object.entries(KINDS)], (value) => page.choose({ kind: value }));
    const order = segments("Order", ORDERS, page.filter.order, (value) => page.choose({ order: value }));
    this.status = status;
    this.empty = h("p.empty", { role: "status" }, "Loading…");
    this.list = h("ul.cards", { "aria-label": "Groups" });
    this.head = [pageTitle("Questions"), h("div.pair", null, status.node, kind.node), order];
    this.body = [this.empty, this.list];
  }

  /** @param {Record<string, number>} counts by status */
  counts(counts = {}) {
    this.status.offer(Object.entries(STATUSES).map(([value, label]) => [value, value in counts ? `${label} (${counts[value]})` : label]));
  }

  say(text) {
    this.#cards.clear();
    this.list.replaceChildren();
    this.empty.hidden = false;
    this.empty.textContent = text;
  }

  render(entries, open) {
    const focused = this.focusedKey;
    const nodes = entries.map((entry) => this.#card(entry));
    arrange(this.list, nodes);
    if (focused && !this.focusedKey) this.focus(focused);
    for (const key of this.#cards.keys()) if (!entries.some((each) => each.key === key)) this.#cards.delete(key);
    this.empty.hidden = entries.length > 0;
    if (!entries.length) this.empty.textContent = NOTHING[this.page.filter.status];
    this.mark(open);
  }

  #card(entry) {
    const card = this.#cards.get(entry.key) ?? new Card(() => this.open(entry.key));
    this.#cards.set(entry.key, card);
    card.update(entry, this.page);
    return card.node;
  }

  mark(key) {
    for (const [each, { button }] of this.#cards) {
      if (each === key) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  get focusedKey() {
    for (const [key, { button }] of this.#cards) if (button === document.activeElement) return key;
    return "";
  }

  get buttons() {
    return [...this.list.querySelectorAll("button")];
  }

  /** @param {1 | -1} step */
  move(step) {
    const { buttons } = this;
    const at = buttons.indexOf(document.activeElement);
    const next = at < 0 ? 0 : at + step;
    buttons[Math.max(0, Math.min(buttons.length - 1, next))]?.focus();
  }

  /** On what was there, else on the first, else on the filter: never nowhere. */
  focus(key) {
    (this.#cards.get(key)?.button ?? this.buttons[0] ?? this.status.input).focus();
  }
}

class Card {
  #shown;

  constructor(open) {
    this.button = h("button.card", { type: "button", onclick: open });
    this.node = h("li", null, this.button);
  }

  update({ group, questions }, page) {
    const shown = JSON.stringify([group, questions, page.intents.size]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const [first] = questions;
    const { locale, oldest_at: oldest, size, guess } = group ?? { locale: first.locale, oldest_at: first.asked_at, size: 1, guess: first.intent };
    const open = page.filter.status === "new" && group && group.new !== size;
    const kinds = [...new Set(questions.map(({ kind }) => kind))].map((kind) => word(KINDS, kind).toLowerCase());
    this.button.replaceChildren(
      h("span.line", null, h("b", null, size > 1 ? plural(size, "question", "questions") : "One question"), open && h("span.unread", null, `${questions.length} new`), h("span.time", null, stamp(oldest))),
      h("span.question", { lang: locale }, `“${first.text}”`),
      h("span.line.small", null, [page.intents.has(guess) && `maybe ${page.label(guess)}`, word(LANGUAGES, locale), ...kinds].filter(Boolean).join(" · ")),
    );
  }
}
