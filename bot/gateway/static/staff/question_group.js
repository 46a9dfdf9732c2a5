/** An opened group: its questions, what the assistant made of each, and what to do with them. */

import { arrange, button, h } from "./dom.js";
import { stamp } from "./time.js";
import { KINDS, LANGUAGES, plural, STATUSES, who, word } from "./words.js";

const GONE = "The chat has ended: an answer would not arrive.";
const ACTS = [
  ["answer", "Answer the patient", "a"],
  ["label", "Label", "l"],
  ["instruct", "Write an instruction", "i"],
  ["dismiss", "Dismiss", "d"],
];
const ALL = { answer: "Answer all", label: "Label all", dismiss: "Dismiss all" };

export class QuestionGroup {
  #rows = new Map();
  #at = null;

  /** @param {object} page @param {(act: string, target: object) => void} act */
  constructor(page, act) {
    this.page = page;
    this.act = act;
    this.head = h("div.group-head");
    this.list = h("ol.questions", { "aria-label": "Questions of the group" });
    this.list.addEventListener("focusin", ({ target }) => (this.#at = Number(target.closest("[data-id]")?.dataset.id) || this.#at));
    this.node = h("div.stack", null, this.head, this.list);
  }

  get isOpen() {
    return this.page.filter.status === "new";
  }

  /** @param {{group, questions} | undefined} entry */
  render(entry) {
    this.entry = entry;
    const held = this.list.contains(document.activeElement) && document.activeElement;
    this.head.replaceChildren(...(entry ? this.#heading(entry) : [h("p.empty", null, this.page.entries.length ? "Nothing of this is left to review." : "Loading…")]));
    const questions = entry?.questions ?? [];
    arrange(this.list, questions.map((question) => this.#row(question)));
    const known = new Set(questions.map(({ question_id }) => question_id));
    for (const id of this.#rows.keys()) if (!known.has(id)) this.#rows.delete(id);
    if (held && !held.isConnected) this.focus();
  }

  #heading({ group, questions }) {
    const [first] = questions;
    if (!group || group.size < 2) return [h("h2", null, "One question")];
    const texts = new Set(questions.map(({ text }) => text));
    const others = (group.examples ?? []).map(String).filter((text) => !texts.has(text));
    const path = `/questions/groups/${group.group_id}`;
    const acts = this.isOpen && questions.length > 1 && this.#acts({ path, questions, group }, Object.entries(ALL).map(([act, label]) => [act, `${label} ${questions.length}`]));
    const facts = [this.page.intents.has(group.guess) && `The assistant's guess: ${this.page.label(group.guess)}`, word(LANGUAGES, group.locale), `${stamp(group.oldest_at)} to ${stamp(group.newest_at)}`];
    return [
      h("h2", { lang: group.locale }, `“${first.text}”`),
      h("p.small", null, [plural(group.size, "question", "questions"), ...facts].filter(Boolean).join(" · ")),
      others.length && h("details", null, h("summary", null, "More of this group"), h("ul.examples", { lang: group.locale }, others.map((text) => h("li", null, `“${text}”`)))),
      acts,
    ].filter(Boolean);
  }

  #row(question) {
    const { question_id: id } = question;
    const shown = JSON.stringify([question, this.isOpen, this.page.intents.size]);
    const known = this.#rows.get(id);
    if (known?.shown === shown) return known;
    const node = known ?? h("li.box", { tabindex: -1, "data-id": String(id) });
    node.shown = shown;
    node.replaceChildren(...this.#content(question));
    this.#rows.set(id, node);
    return node;
  }

  #content(question) {
    const { text, locale, kind, asked_at, status, label, reviewed_by, reviewed_at, ranking } = question;
    const done = status !== "new" && [word(STATUSES, status), label && `as ${this.page.label(label)}`, reviewed_by && `by ${who(reviewed_by)}`, stamp(reviewed_at)];
    const path = `/questions/${question.question_id}`;
    return [
      h("p.asked", { lang: locale }, `“${text}”`),
      h("p.line", null, h("span.tag.warn", null, word(KINDS, kind)), h("span.tag", null, word(LANGUAGES, locale)), h("span.small", null, `asked ${stamp(asked_at)}`)),
      ranking?.length ? this.#ranking(ranking) : null,
      done && h("p.small", null, done.filter(Boolean).join(" ")),
      this.#acts({ path, questions: [question] }, this.#actsOf(question)),
    ].filter(Boolean);
  }

  /** Who has answered a question may label it as well, and the other way round. */
  #actsOf({ status, reviewed_by: reviewer }) {
    if (status === "new") return ACTS;
    const other = reviewer?.username === this.page.me.username && { answered: "label", labelled: "answer" }[status];
    return ACTS.filter(([name]) => name === other);
  }

  #ranking(ranking) {
    const rows = ranking.map(([intent, confidence]) => {
      const share = Math.max(0, Math.min(1, Number(confidence) || 0));
      const fill = h("span.fill");
      fill.style.inlineSize = `${share * 100}%`;
      return h("li", null, h("span.what", null, this.page.label(intent)), h("span.bar", { "aria-hidden": "true" }, fill), h("span.share", null, percent(share)));
    });
    return h("div.ranking", null, h("h3.small", null, "What the assistant understood"), h("ol", null, rows));
  }

  #acts(target, acts) {
    if (!acts.length) return null;
    const reach = target.questions.some(({ reachable }) => reachable);
    const buttons = acts.map(([name, label, key]) => {
      const off = name === "answer" && !reach;
      const look = `button${key ? ".small-button" : ""}${name === "label" ? ".primary" : ""}`;
      return button(label, () => this.act(name, target), { look, key, disabled: off && "", "data-act": name });
    });
    return h("div.stack-small", null, h("div.row", null, buttons), !reach && acts.some(([name]) => name === "answer") && h("p.small", null, target.group ? "All these chats have ended: an answer would not arrive." : GONE));
  }

  /** A key does what a button would do. */
  allows(name, { questions }) {
    return this.#actsOf(questions[0]).some(([each]) => each === name);
  }

  /** The question that the keys act on. */
  get target() {
    const questions = this.entry?.questions ?? [];
    const question = questions.find(({ question_id }) => question_id === this.#at) ?? questions[0];
    return question && { path: `/questions/${question.question_id}`, questions: [question] };
  }

  /** Which question comes when these are gone. @param {Set<number>} gone */
  after(gone) {
    const ids = [...this.#rows.keys()];
    const place = ids.findIndex((id) => gone.has(id));
    return ids.slice(place).find((id) => !gone.has(id)) ?? ids.findLast((id) => !gone.has(id));
  }

  focus(id) {
    const rows = [...this.list.children];
    const row = rows.find((each) => each.dataset.id === String(id)) ?? rows[0];
    this.#at = row ? Number(row.dataset.id) : null;
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }

  /** @param {1 | -1} step */
  move(step) {
    const rows = [...this.list.children];
    const at = rows.findIndex((each) => each.contains(document.activeElement));
    const next = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
    this.focus(rows[next]?.dataset.id);
  }
}

const percent = (share) => share.toLocaleString("en-US", { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });
