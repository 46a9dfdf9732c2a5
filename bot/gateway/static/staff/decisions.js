/** What is decided about a question or a whole group. Every decision can be taken back. */

import { get, post } from "./api.js";
import { ask } from "./dialogs.js";
import { h } from "./dom.js";
import { intentPicker } from "./intent_picker.js";
import { LANGUAGES, plural, who, word } from "./words.js";

const QUOTED = 5;
const TEXT_LIMIT = 2000;
const DECIDED = ["labelled", "answered", "dismissed"];

export class Decisions {
  #busy = false;
  #reviews = [];

  /**
   * A target is {path, questions, group?}.
   * @param {{kept, toast, intents: () => Map, done: (target) => void, undone: (questions) => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
  }

  async answer(target) {
    const reached = target.questions.filter(({ reachable }) => reachable).length;
    const { length } = target.questions;
    if (!reached) return this.toast.show("The chat has ended: an answer would not arrive.");
    const client_id = crypto.randomUUID?.() ?? `answer-${Date.now()}-${Math.random()}`;
    const [{ locale }] = target.questions;
    const reach = length > 1 && (reached < length ? `It reaches ${reached} of ${length} patients; the other chats have ended.` : `It reaches ${plural(reached, "patient", "patients")}.`);
    const hint = [`The patient writes ${word(LANGUAGES, locale)}.`, reach].filter(Boolean).join(" ");
    const field = { name: "text", label: "Answer", kind: "textarea", required: true, limit: TEXT_LIMIT, lang: locale, hint, kept: this.#draft(target) };
    const title = length > 1 ? "Answer these patients" : "Answer the patient";
    await ask({ title, content: [quote(target)], fields: [field], submit: "Send the answer" }, ({ text }) =>
      this.#decide("answer", target, { client_id, text }, length > 1 ? `Answered ${plural(reached, "patient", "patients")}.` : "Answered the patient."),
    );
  }

  async label(target) {
    const [first] = target.questions;
    const several = target.questions.length > 1;
    const intents = this.intents();
    const picker = intentPicker([...intents.values()], target.group?.guess ?? first.intent, first.ranking);
    const fields = [{ name: "intent", label: "Meaning", required: true, own: picker }];
    const hint = "It goes into training in these words. Correct what is misspelt; leave out names and numbers.";
    if (!several) fields.push({ name: "text", label: "Sentence", kind: "textarea", required: true, value: first.text, limit: TEXT_LIMIT, rows: 2, lang: first.locale, hint });
    const text = several ? `All ${target.questions.length} sentences go into training as they are.` : "";
    await ask({ title: several ? "What was meant by these?" : "What was meant?", text, content: [quote(target)], fields, submit: "Label" }, (values) =>
      this.#decide("label", target, values, `Labelled ${several ? `${target.questions.length} questions ` : ""}as “${intents.get(values.intent)?.label ?? values.intent}”.`),
    );
  }

  async dismiss(target) {
    if (this.#busy) return;
    this.#busy = true;
    const { length } = target.questions;
    await this.#decide("dismiss", target, {}, length > 1 ? `Dismissed ${length} questions.` : "Dismissed.").catch(({ message }) => this.toast.show(message));
    this.#busy = false;
  }

  /** The question goes along to the page of the instructions. */
  instruct({ questions: [{ question_id, text, locale }] }) {
    this.kept.set("carried", { question_id, text, locale });
    location.assign("/staff/instructions#new");
  }

  async undo() {
    const review = this.#reviews.at(-1);
    if (!review || this.#busy) return;
    this.#busy = true;
    try {
      const { questions } = await post(`/questions/reviews/${review.id}/undo`);
      this.#reviews.pop();
      this.toast.show(review.act === "answer" ? "Taken back. What was sent stays sent." : "Taken back.");
      await this.undone(questions ?? []);
    } catch ({ message }) {
      this.toast.show(message);
    }
    this.#busy = false;
  }

  async #decide(act, target, body, said) {
    let review;
    try {
      review = await post(`${target.path}/${act}`, body);
    } catch (error) {
      if (error.code !== "already_reviewed") throw error;
      const said = `${who(error.reviewer) || "Somebody else"} has just ${await howDecided(target)} this.`;
      return this.#after(target, said);
    }
    this.#reviews.push({ id: review.review_id, act });
    // an answer reaches only chats that are open: the others of a group stay
    return this.#after({ ...target, questions: review.questions }, said, () => this.undo());
  }

  /** After a dialog has given the focus back: behind it nothing is announced. */
  #after(target, said, undo) {
    setTimeout(() => {
      this.toast.show(said, undo);
      this.done(target);
    });
  }

  #draft({ path }) {
    const key = `answer:${path}`;
    return { get: () => this.kept.get(key), set: (value) => this.kept.set(key, value) };
  }
}

/** The refusal names who was faster, not what they did. */
async function howDecided({ questions: [{ question_id: id }] }) {
  for (const status of DECIDED) {
    const { questions } = await get(`/questions?status=${status}`).catch(() => ({ questions: [] }));
    if (questions.some(({ question_id }) => question_id === id)) return status;
  }
  return "reviewed";
}

function quote({ questions }) {
  const more = questions.length - QUOTED;
  const items = questions.slice(0, QUOTED).map(({ text, locale }) => h("li", { lang: locale }, `“${text}”`));
  return h("ul.examples", null, items, more > 0 && h("li.small", null, `and ${more} more`));
}
