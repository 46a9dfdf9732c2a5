/** A model's card: what it was made of, how it did, why it may not be activated, where it differs. */

import { button, h } from "./dom.js";
import { tick } from "./fields.js";
import { compared, figureTable } from "./figures.js";
import { modelState, progress, UNDER_WAY } from "./model_list.js";
import { length, stamp } from "./time.js";
import { plural, who, word } from "./words.js";

const SHOWN = 100;
const SETS = { kept_back: "Kept-back messages", red_flags: "Red flags", transcripts: "Transcripts" };
const EXPECTED = { emergency: "alarm", ordinary: "no alarm" };
const COLUMNS = ["Sentence", "Meant", "Before", "After", "Set"];

export class ModelCard {
  #shown;
  #limit = SHOWN;

  /** @param {object} page */
  constructor(page) {
    this.page = page;
    this.node = h("div.stack");
    this.worse = tick("Worse only", () => this.#filter());
    this.safety = tick("Safety only", () => this.#filter());
    this.count = h("p.small", { role: "status" });
    this.rows = h("tbody");
    this.more = button("Show more", () => this.#showMore(), { hidden: "" });
  }

  clear() {
    this.#shown = null;
    this.#limit = SHOWN;
    this.worse.input.checked = this.safety.input.checked = false;
    this.say("Loading…");
  }

  say(text) {
    this.node.replaceChildren(h("h2", { tabindex: -1 }, text));
  }

  focus() {
    this.node.querySelector("h2").focus();
  }

  /** What is the same is left alone: who reads it keeps their place. */
  render(model) {
    const shown = JSON.stringify(model);
    if (shown === this.#shown) return;
    const bar = this.node.querySelector("progress");
    const before = this.model;
    this.#shown = shown;
    this.model = model;
    if (bar && before?.model_id === model.model_id && before.state === model.state) return bar.update(model);
    const held = this.node.contains(document.activeElement);
    this.node.replaceChildren(...this.#content(model).filter(Boolean));
    if (held) this.focus();
  }

  #content(model) {
    const { model_id, state, refusals = [], figures, differences = [] } = model;
    const { largest_drop: drop } = this.page.settings;
    const how = compared(figures);
    return [
      h("h2", { tabindex: -1 }, `Model ${model_id}`, " ", modelState(state)),
      facts(model),
      UNDER_WAY.includes(state) && progress(model),
      this.#activation(model),
      refusals.length > 0 && h("section.box.refusals", null, h("h3", null, state === "failed" ? "What went wrong" : "Why it may not be activated"), h("ul.bullets", null, refusals.map((text) => h("li", null, String(text))))),
      how.length > 0 && h("section.stack-small", null, h("h3", null, "How it did, before and after"), figureTable(how), drop !== undefined && h("p.small", null, `At most ${drop.toLocaleString("en-US", { style: "percent", maximumFractionDigits: 1 })} fewer may be understood, and nothing about safety may get worse.`)),
      how.length > 0 && this.#differences(differences),
    ];
  }

  #activation(model) {
    const { state, refusals = [] } = model;
    if (state !== "passed" && state !== "refused") return null;
    const off = state === "refused" || refusals.length > 0;
    const go = button("Activate", () => this.page.activate(model), { look: "button.primary", disabled: off && "", "aria-describedby": off && "no-activation" });
    return h("div.row", null, go, off && h("p.small", { id: "no-activation" }, "It was refused, for the reasons below."));
  }

  #differences(differences) {
    this.differences = differences;
    if (!differences.length) return h("section.stack-small", null, h("h3", null, "Sentence by sentence"), h("p", null, "It does the same with every sentence."));
    const head = h("thead", null, h("tr", null, COLUMNS.map((name) => h("th", { scope: "col" }, name))));
    const table = h("div.table", { tabindex: 0, role: "group", "aria-label": "Differences" }, h("table", null, head, this.rows));
    this.#filter();
    return h("section.stack-small", null, h("h3", null, "Sentence by sentence"), h("div.row.ticks", null, this.worse.node, this.safety.node), this.count, table, this.more);
  }

  #filter() {
    const chosen = this.differences.filter(({ worse, safety }) => (worse || !this.worse.input.checked) && (safety || !this.safety.input.checked));
    this.rows.replaceChildren(...chosen.slice(0, this.#limit).map((each) => this.#row(each)));
    this.count.textContent = `${plural(this.differences.length, "sentence differs", "sentences differ")}, ${Math.min(chosen.length, this.#limit)} of ${chosen.length} that fit shown.`;
    this.more.hidden = chosen.length <= this.#limit;
  }

  #showMore() {
    const first = this.#limit;
    this.#limit += SHOWN;
    this.#filter();
    if (this.more.hidden) this.rows.rows[first]?.closest(".table").focus();
  }

  #row({ set, text, expected, before, after, worse, safety }) {
    const tags = [worse && h("span.tag.warn", null, "worse"), safety && h("span.tag", null, "safety")];
    const meaning = (name) => (Object.hasOwn(EXPECTED, name) ? EXPECTED[name] : this.page.label(name));
    const cells = [h("div.stack-small", null, h("span", null, `“${text}”`), h("span.row", null, tags)), meaning(expected), this.page.label(before), this.page.label(after), word(SETS, set)];
    return h("tr", null, cells.map((cell) => h("td", null, cell)));
  }
}

/** What pharmacists have taught, and all that the model has learned. */
function sentenceCount(taught = 0, all) {
  const reviewed = `${taught.toLocaleString("en-US")} reviewed`;
  return typeof all === "number" ? `${reviewed}, ${all.toLocaleString("en-US")} in all` : reviewed;
}

function facts(model) {
  const { created_by, created_at, sentences, finished_at, figures, activated_by, activated_at, retired_at, data_hash } = model;
  const rows = [
    ["Taught", [who(created_by), stamp(created_at)].filter(Boolean).join(", ")],
    ["Sentences", sentenceCount(sentences, figures?.all_sentences)],
    ["Finished", [stamp(finished_at), figures?.seconds?.all && `after ${length(figures.seconds.all)}`].filter(Boolean).join(", ")],
    ["Activated", activated_at && [who(activated_by), stamp(activated_at)].filter(Boolean).join(", ")],
    ["Retired", stamp(retired_at)],
    ["Made from", data_hash && h("code", null, data_hash)],
  ];
  return h("dl.facts", null, rows.filter(([, value]) => value).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}
