/** What patients are told about using a medicine: found, read, written, approved, retired. */

import { get, query } from "./api.js";
import { h } from "./dom.js";
import { Kept } from "./kept.js";
import { InstructionDetail } from "./instruction_detail.js";
import { InstructionForm } from "./instruction_form.js";
import { InstructionList, keyOf } from "./instruction_list.js";
import { Panes } from "./panes.js";
import { Shell } from "./shell.js";
import { Toast } from "./toast.js";

const DEBOUNCE = 250;

class Instructions {
  items = [];
  topics = [];
  filter = { q: "", state: "", topic: "", expiring: "" };
  #run = 0;
  #shown = 0;
  #timer;

  constructor(shell, me) {
    this.me = me;
    this.kept = new Kept(me.username);
    this.list = new InstructionList(this, (key) => this.go(key));
    const { head, body } = this.list;
    const nothing = "Open an instruction to read it, or write a new one.";
    this.panes = new Panes(shell.main, { title: "Instructions", label: "Instruction", head, body, nothing, show: (key) => this.panes && this.#show(key) });
    this.panes.onClosed = (key) => this.list.focus(key);
    this.toast = new Toast(shell.main);
    this.read().finally(() => this.panes.start());
  }

  stop() {
    this.#run += 1;
    this.#shown += 1;
    clearTimeout(this.#timer);
    this.panes.stop();
  }

  choose(change) {
    Object.assign(this.filter, change);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.read(), DEBOUNCE);
  }

  async read() {
    const run = (this.#run += 1);
    try {
      const { instructions, topics, expiring } = await get(`/instructions${query(this.filter)}`);
      if (run !== this.#run) return;
      this.items = instructions;
      // a topic is its name, or a name with a label
      this.topics = topics.map((topic) => (typeof topic === "string" ? { name: topic } : topic));
      this.list.render(this.items, expiring, this.panes.key);
    } catch ({ message }) {
      if (run === this.#run) this.list.say(message);
    }
  }

  topic(name) {
    const label = this.topics.find((topic) => topic.name === name)?.label ?? String(name ?? "").replaceAll("_", " ");
    return label.charAt(0).toUpperCase() + label.slice(1);
  }

  go(key) {
    this.panes.open(key);
  }

  /** Shows what was written or decided, in the list as well. */
  async changed(version, said) {
    this.toast.show(said);
    await this.read();
    this.panes.replace(keyOf(version));
  }

  async #show(key) {
    const run = (this.#shown += 1);
    const { content } = this.panes;
    this.list.mark(key);
    if (!key) return content.replaceChildren();
    try {
      const node = await this.#view(key);
      if (run !== this.#shown) return;
      content.replaceChildren(node);
      content.querySelector("h2").focus();
    } catch ({ message }) {
      if (run === this.#shown) content.replaceChildren(h("p.problem", { role: "alert" }, message));
    }
  }

  /** "new", "12" a series, "12+" a new version of it, or the key of a text that came with the feed. */
  async #view(key) {
    if (key === "new") return new InstructionForm(this, {}).node;
    const again = key.endsWith("+");
    const name = again ? key.slice(0, -1) : key;
    const versions = /^\d+$/.test(name) ? (await get(`/instructions/${name}`)).versions : this.items.filter((item) => keyOf(item) === name);
    if (!versions.length) return h("div.stack", null, h("h2", { tabindex: -1 }, "This is not here any more"));
    return again ? new InstructionForm(this, { before: versions[0] }).node : new InstructionDetail(this, versions).node;
  }
}

new Shell({ roles: ["pharmacist"], open: (shell, me) => new Instructions(shell, me) });
