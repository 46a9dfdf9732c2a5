/** Writes a draft: for a medicine and a topic, in both languages, with its source. */

import { post } from "./api.js";
import { button, h } from "./dom.js";
import { counter, tick } from "./fields.js";
import { keyOf } from "./instruction_list.js";
import { MedicinePicker } from "./medicine_picker.js";
import { LANGUAGES, word } from "./words.js";

const LONGEST_TEXT = 1500;
const YEARS_UNTIL_REVIEW = 2;
/** What the server calls a field, and what it is here. */
const SAME = { product_id: "medicine", generic_name: "medicine", form: "medicine", "texts.en": "en", "texts.es": "es" };

export class InstructionForm {
  /** @param {object} page @param {{before?: object}} options the version that this one follows */
  constructor(page, { before }) {
    this.page = page;
    this.before = before;
    this.carried = before ? null : page.kept.get("carried");
    this.draftKey = `instruction:${before ? keyOf(before) : "new"}`;
    this.#build();
    this.#fill(before ?? {});
    this.#restore();
  }

  #build() {
    const { before, page } = this;
    this.medicine = new MedicinePicker(before);
    this.inputs = {
      topic: h("select", { id: "topic" }, h("option", { value: "" }, "Choose…"), page.topics.map(({ name }) => h("option", { value: name }, page.topic(name)))),
      en: textarea("en"),
      es: textarea("es"),
      source: h("input", { id: "source", autocomplete: "off", maxlength: 200 }),
      source_url: h("input", { id: "source_url", type: "url", autocomplete: "off", maxlength: 2000, placeholder: "https://" }),
      review_due_on: h("input", { id: "review_due_on", type: "date", min: day(1), max: day(0, YEARS_UNTIL_REVIEW) }),
    };
    this.wrong = {};
    this.clinical = tick("Clinical: a second pharmacist has to approve it");
    this.inputs.topic.addEventListener("change", () => this.#topicChosen());
    this.error = h("p.problem", { role: "alert" });
    this.go = h("button.button.primary", { type: "submit" }, "Save the draft");
    const { topic, en, es, source, source_url, review_due_on } = this.inputs;
    const form = h(
      "form.stack",
      { novalidate: "", "aria-label": before ? "New version" : "New instruction" },
      this.medicine.node,
      this.#field(topic, "Topic"),
      h("div.side-by-side", null, this.#field(en, "Text in English", counter(en, LONGEST_TEXT)), this.#field(es, "Text in Spanish", counter(es, LONGEST_TEXT))),
      h("div.pair", null, this.#field(source, "Source"), this.#field(source_url, "Address of the source (optional)")),
      h("div.pair", null, this.#field(review_due_on, "Review by"), this.clinical.node),
      this.error,
      h("div.row", null, this.go, button("Cancel", () => this.#leave())),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    form.addEventListener("input", ({ target }) => {
      this.#keep();
      if (this.wrong[target.id]) this.#says(target.id, "");
    });
    this.form = form;
    this.node = h("div.stack", null, h("h2", { tabindex: -1 }, before ? `New version: ${before.medicine}` : "New instruction"), h("div.with-question", null, form, this.#question()));
  }

  /** The question that it was written for stays in sight. */
  #question() {
    if (!this.carried) return null;
    const { text, locale } = this.carried;
    const drop = () => {
      this.page.kept.set("carried", null);
      aside.remove();
      this.inputs.en.focus();
    };
    const aside = h("aside.box", { "aria-label": "The patient's question" }, h("h3.small", null, `A patient asked, in ${word(LANGUAGES, locale)}`), h("p.asked", { lang: locale }, `“${text}”`), button("Put the question away", drop, { look: "button.small-button" }));
    return aside;
  }

  #field(input, label, more) {
    const wrong = h("p.problem", { id: `${input.id}-wrong` });
    this.wrong[input.id] = wrong;
    input.setAttribute("aria-describedby", wrong.id);
    return h("div.field", null, h("label", { for: input.id }, label), input, more, wrong);
  }

  #fill({ topic, texts, source, source_url, clinical, series }) {
    const { inputs } = this;
    inputs.topic.value = topic ?? "";
    // a series has one medicine and one topic
    inputs.topic.disabled = Boolean(series);
    if (series) this.medicine.node.querySelector("button")?.remove();
    inputs.en.value = texts?.en ?? "";
    inputs.es.value = texts?.es ?? "";
    inputs.source.value = source ?? "";
    inputs.source_url.value = source_url ?? "";
    inputs.review_due_on.value = day(0, 1);
    this.clinical.input.checked = Boolean(clinical);
    this.#topicChosen();
  }

  #topicChosen() {
    const { clinical } = this.page.topics.find(({ name }) => name === this.inputs.topic.value) ?? {};
    if (clinical) this.clinical.input.checked = true;
    // the topic alone makes it so
    this.clinical.input.disabled = Boolean(clinical);
  }

  #keep() {
    const values = Object.fromEntries(Object.entries(this.inputs).map(([name, { value }]) => [name, value]));
    this.page.kept.set(this.draftKey, values);
  }

  /** What was begun is still there after a reload or the end of a session. */
  #restore() {
    for (const [name, value] of Object.entries(this.page.kept.get(this.draftKey) ?? {})) if (this.inputs[name]) this.inputs[name].value = value;
    this.#topicChosen();
    for (const input of [this.inputs.en, this.inputs.es]) input.dispatchEvent(new Event("input"));
  }

  #missing() {
    const { topic, en, es, source, source_url: url, review_due_on: due } = this.inputs;
    const wrong = {};
    if (!topic.value) wrong.topic = "Choose a topic.";
    if (!en.value.trim()) wrong.en = "Write the English text.";
    if (!es.value.trim()) wrong.es = "Write the Spanish text.";
    if (!source.value.trim()) wrong.source = "Say where it is from.";
    if (url.value.trim() && !/^https:\/\/[^\s/]/.test(url.value.trim())) wrong.source_url = "Enter an address that begins with https://.";
    if (!due.value || due.value < due.min || due.value > due.max) wrong.review_due_on = "Choose a day after today, at most two years ahead.";
    return wrong;
  }

  #says(name, wrong) {
    this.wrong[name].textContent = wrong;
    this.inputs[name].setAttribute("aria-invalid", String(Boolean(wrong)));
  }

  /** @param {Record<string, string>} wrong by field; the first one gets the focus */
  #tell(wrong) {
    for (const name of Object.keys(this.inputs)) this.#says(name, wrong[name] ?? "");
    const first = Object.values(this.inputs).find(({ id }) => wrong[id]);
    if (wrong.medicine) this.medicine.invalid(wrong.medicine);
    else first?.focus();
    return Object.keys(wrong).length > 0;
  }

  async #save() {
    const wrong = this.#missing();
    if (!this.medicine.value) wrong.medicine = "Choose a medicine.";
    this.error.textContent = "";
    if (this.#tell(wrong)) return;
    const { topic, en, es, source, source_url, review_due_on } = this.inputs;
    const body = {
      ...(this.before?.series && { series: this.before.series }),
      ...this.medicine.value,
      topic: topic.value,
      texts: { en: en.value.trim(), es: es.value.trim() },
      source: source.value.trim(),
      source_url: source_url.value.trim() || null,
      review_due_on: review_due_on.value,
      clinical: this.clinical.input.checked,
    };
    this.go.disabled = true;
    try {
      const version = await post("/instructions", body);
      this.page.kept.set(this.draftKey, null);
      this.page.kept.set("carried", null);
      await this.page.changed(version, "Saved. It is told to nobody before it is approved.");
    } catch ({ message, fields = [] }) {
      this.error.textContent = message;
      this.#tell(Object.fromEntries(fields.map((name) => [SAME[name] ?? name, "Please correct this."])));
    }
    this.go.disabled = false;
  }

  #leave() {
    this.page.kept.set(this.draftKey, null);
    if (this.before) this.page.go(keyOf(this.before));
    else this.page.panes.close();
  }
}

const textarea = (language) => h("textarea", { id: language, rows: 7, maxlength: LONGEST_TEXT, lang: language });

/** So many days and years from today, as a field wants it. */
function day(days, years = 0) {
  const date = new Date();
  date.setFullYear(date.getFullYear() + years, date.getMonth(), date.getDate() + days);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
