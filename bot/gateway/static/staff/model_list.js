/** The models, newest first, and how far the one is that is being made. */

import { arrange, h } from "./dom.js";
import { headline } from "./figures.js";
import { stamp } from "./time.js";
import { MODEL_STATES, who, word } from "./words.js";

export const UNDER_WAY = ["queued", "training", "testing"];
const WARN = ["refused", "failed"];
const GOOD = ["active", "passed"];

export const modelState = (state) => h(`span.tag${WARN.includes(state) ? ".warn" : GOOD.includes(state) ? ".good" : ""}`, null, word(MODEL_STATES, state));

// After this long somebody has to look why nobody begins; a machine that teaches looks every five seconds.
const PATIENCE_MS = 60_000;

const steps = ({ state, created_at: asked, progress: { step, done, of } = {} }) => {
  const what = word(MODEL_STATES, step ?? state);
  if (state === "queued" && Date.now() - Date.parse(asked) > PATIENCE_MS) return `${what}. No machine that can teach has begun with it. Please tell whoever runs Willcall.`;
  return of ? `${what}: ${done} of ${of}` : `${what}…`;
};

/** A bar with words beside it; `update(model)` keeps it in its place. */
export function progress(model) {
  const text = h("span.small");
  const bar = h("progress", { "aria-label": `Progress of model ${model.model_id}` });
  const node = h("div.stack-small.progress", null, h("b", null, `Model ${model.model_id} is being made`), bar, text);
  bar.update = (now) => {
    const { done, of } = now.progress ?? {};
    if (of) Object.assign(bar, { max: of, value: done });
    else bar.removeAttribute("value");
    text.textContent = steps(now);
  };
  bar.update(model);
  return node;
}

export class ModelList {
  #cards = new Map();

  /** @param {(key: string) => void} open */
  constructor(open) {
    this.open = open;
    this.empty = h("p.empty", { role: "status" }, "Loading…");
    this.list = h("ul.cards", { "aria-label": "Models" });
    this.body = [this.empty, this.list];
  }

  say(text) {
    this.empty.hidden = false;
    this.empty.textContent = text;
  }

  render(models, open) {
    arrange(this.list, models.map((model) => this.#card(model)));
    this.empty.hidden = models.length > 0;
    if (!models.length) this.say("No model has been taught yet. The one of the installation answers.");
    this.mark(open);
  }

  #card(model) {
    const key = String(model.model_id);
    const button = this.#cards.get(key) ?? h("button.card", { type: "button", "data-key": key, onclick: () => this.open(key) });
    if (!this.#cards.has(key)) h("li", null, button);
    this.#cards.set(key, button);
    const shown = JSON.stringify(model);
    if (button.shown !== shown) button.replaceChildren(...content(model));
    button.shown = shown;
    return button.parentNode;
  }

  mark(key) {
    for (const [each, button] of this.#cards) {
      if (each === key) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  focus(key) {
    (this.#cards.get(key) ?? this.list.querySelector("button"))?.focus();
  }
}

function content(model) {
  const { model_id, state, created_at, created_by, sentences, figures } = model;
  return [
    h("span.line", null, h("b", null, `Model ${model_id}`), modelState(state), h("span.time", null, stamp(created_at))),
    h("span.line.small", null, [created_by === "install" ? "came with Willcall" : who(created_by) && `by ${who(created_by)}`, sentences > 0 && `${sentences.toLocaleString("en-US")} reviewed sentences`].filter(Boolean).join(" · ")),
    h("span.line.small", null, UNDER_WAY.includes(state) ? steps(model) : headline(figures)),
  ];
}
