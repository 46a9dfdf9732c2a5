/** The language models: teach one, see how it does, switch it on, go back. */

import { get, post } from "./api.js";
import { ask } from "./dialogs.js";
import { button, h } from "./dom.js";
import { ModelCard } from "./model_card.js";
import { ModelList, progress, UNDER_WAY } from "./model_list.js";
import { pageTitle, Panes } from "./panes.js";
import { Shell } from "./shell.js";
import { Toast } from "./toast.js";
import { Watch } from "./watch.js";
import { MODEL_STATES, plural, word } from "./words.js";

const WHILE_TEACHING = 2_000;
const OTHERWISE = 30_000;

class Models {
  models = [];
  settings = {};
  intents = new Map();
  #run = 0;
  #states = new Map();

  constructor(shell, me) {
    this.me = me;
    this.teachButton = button("Teach", () => this.#teach(), { look: "button.primary" });
    this.waiting = h("p.small", null, "Loading…");
    this.progress = h("div.stack-small");
    this.back = button("Roll back", () => this.#rollBack(), { look: "button" });
    const file = h("a.button", { href: "/staff/api/models/reviewed.yml", download: "reviewed.yml" }, "Download reviewed.yml");
    this.list = new ModelList((key) => this.panes.open(key));
    const head = [h("div.row.between", null, pageTitle("Models"), this.teachButton), this.waiting, this.progress, h("div.row", null, this.back, file)];
    const nothing = "Open a model to see how it did.";
    this.card = new ModelCard(this);
    this.panes = new Panes(shell.main, { title: "Models", label: "Model", head, body: this.list.body, nothing, show: (key) => this.#show(key, true) });
    this.panes.content.append(this.card.node);
    this.panes.onClosed = (key) => this.list.focus(key);
    this.toast = new Toast(shell.main);
    this.panes.start();
    this.watch = new Watch({ shell, kind: "models", read: () => this.read(), every: () => (this.underWay ? WHILE_TEACHING : OTHERWISE) });
  }

  stop() {
    this.#run += 1;
    this.panes.stop();
    this.watch.stop();
  }

  get underWay() {
    return this.models.find(({ state }) => UNDER_WAY.includes(state));
  }

  label(intent) {
    return this.intents.get(intent) ?? String(intent ?? "–").replaceAll("_", " ");
  }

  async read() {
    const run = (this.#run += 1);
    try {
      if (!this.intents.size) await this.#readIntents();
      const answer = await get("/models", { background: true });
      if (run !== this.#run) return;
      this.models = answer.models;
      this.settings = answer.settings ?? {};
      this.#render(answer);
    } catch (error) {
      if (run === this.#run && !this.models.length) this.list.say(error.message);
      throw error;
    }
    if (this.panes.key) await this.#show(this.panes.key, false);
  }

  async #readIntents() {
    const { intents } = await get("/intents", { background: true });
    this.intents = new Map([...intents.map(({ name, label }) => [name, label]), ["nlu_fallback", "Not understood"]]);
  }

  #render({ waiting_sentences: waiting }) {
    const { underWay } = this;
    this.waiting.textContent = waiting ? `${plural(waiting, "reviewed sentence waits", "reviewed sentences wait")} to be learned.` : "No reviewed sentence waits to be learned.";
    this.teachButton.disabled = Boolean(underWay);
    this.teachButton.lastChild.textContent = waiting ? `Teach ${plural(waiting, "sentence", "sentences")}` : "Teach again";
    this.back.disabled = !this.models.some(({ state }) => state === "retired");
    const shown = underWay ? progress(underWay) : null;
    const bar = this.progress.querySelector("progress");
    if (shown && bar) bar.update(underWay);
    else this.progress.replaceChildren(...(shown ? [shown] : []));
    this.list.render(this.models, this.panes.key);
    this.#tell();
  }

  /** What became of a model while somebody looks at the page. */
  #tell() {
    for (const { model_id: id, state } of this.models) {
      const was = this.#states.get(id);
      if (UNDER_WAY.includes(was) && !UNDER_WAY.includes(state)) this.toast.show(`Model ${id}: ${word(MODEL_STATES, state).toLowerCase()}.`);
      this.#states.set(id, state);
    }
  }

  /** @param {boolean} opened by somebody, and not read again by the page */
  async #show(key, opened) {
    this.list.mark(key);
    if (!key) return;
    if (opened) this.card.clear();
    try {
      const model = await get(`/models/${encodeURIComponent(key)}`, { background: !opened });
      if (key !== this.panes.key) return;
      this.card.render(model);
      if (opened) this.card.focus();
    } catch ({ message }) {
      if (opened && key === this.panes.key) this.card.say(message);
    }
  }

  async #teach() {
    this.teachButton.disabled = true;
    try {
      const { model_id: id } = await post("/models/train");
      this.toast.show("A new model is being taught. The one that is active goes on answering.");
      this.panes.open(String(id));
    } catch ({ message }) {
      this.toast.show(message);
    }
    this.watch.soon();
  }

  activate({ model_id: id }) {
    const text = "It understands patients from the next message on. You can roll back at any time.";
    return ask({ title: `Activate model ${id}?`, text, submit: "Activate" }, async () => {
      await post(`/models/${id}/activate`).catch((error) => {
        throw new Error([error.message, ...(error.refusals ?? [])].join(" "));
      });
      this.#changed(`Model ${id} is active.`);
    });
  }

  #rollBack() {
    const text = "The model that was active before this one understands patients from the next message on.";
    return ask({ title: "Roll back?", text, submit: "Roll back", danger: true }, async () => {
      const { model_id: id } = await post("/models/rollback");
      this.#changed(`Rolled back: model ${id} is active.`);
    });
  }

  /** After the dialog has closed: behind it nothing is announced. */
  #changed(said) {
    setTimeout(() => this.toast.show(said));
    this.watch.soon();
  }
}

new Shell({ roles: ["pharmacist"], open: (shell, me) => new Models(shell, me) });
