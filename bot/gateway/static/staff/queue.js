/** The left pane: what waits, what is mine, what is closed, and the search. */

import { Card } from "./card.js";
import { arrange, h, icon } from "./dom.js";
import { Search } from "./search.js";

const TABS = [
  ["waiting", "Waiting"],
  ["mine", "Mine"],
  ["open", "All open"],
  ["closed", "Closed"],
];
const NOTHING = {
  waiting: "Nobody waits.",
  mine: "You hold no conversation. Claim one from “Waiting”.",
  open: "Nothing is open.",
  closed: "Nothing has been closed yet.",
};
const TICK = 5_000;

export class Queue {
  #cards = new Map();
  #tab = "waiting";
  #filter = "";

  /** @param {import("./state.js").Desk} desk @param {(conversationId, escalationId) => void} open */
  constructor(desk, open) {
    this.desk = desk;
    this.open = open;
    this.tabs = TABS.map(([name, label]) => this.#tabButton(name, label));
    this.list = h("ul.cards", { "aria-label": "Escalations" });
    this.empty = h("p.empty", null, "Loading…");
    const panel = h("div.scroll", { role: "tabpanel", id: "queue-panel", "aria-labelledby": "tab-waiting" }, this.empty, this.list);
    this.panel = panel;
    this.lists = h("div.lists", null, h("div.tabs", { role: "tablist", "aria-label": "Which to show" }, this.tabs), this.#filters(), panel);
    this.search = new Search((id, escalation) => open(id, escalation), (shown) => (this.lists.hidden = shown));
    this.node = h("section.queue", { "aria-label": "Queue" }, h("h2.sr", null, "Queue"), this.search.node, this.lists);
    this.timer = setInterval(() => this.#cards.forEach((card) => card.tick()), TICK);
    desk.addEventListener("queue", () => this.render());
    desk.addEventListener("opened", () => this.render());
  }

  stop() {
    clearInterval(this.timer);
  }

  #tabButton(name, label) {
    const count = h("span.count");
    const node = h("button.tab", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "queue-panel" }, label, count);
    node.name_ = name;
    node.count = count;
    node.addEventListener("click", () => this.show(name));
    node.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = this.tabs.at((this.tabs.indexOf(node) + step) % this.tabs.length);
      this.show(next.name_);
      next.focus();
    });
    return node;
  }

  /** Only a pharmacist has two queues. */
  #filters() {
    if (this.desk.me.role !== "pharmacist") return null;
    const choices = [
      ["", "All"],
      ["counter", "Counter"],
      ["pharmacist", "Pharmacist"],
    ];
    const radios = choices.map(([value, label]) => {
      const input = h("input", { type: "radio", name: "filter", value, id: `filter-${value || "all"}`, checked: value === "" });
      input.addEventListener("change", () => {
        this.#filter = value;
        this.render();
      });
      return h("label", { for: input.id }, input, h("span", null, label));
    });
    return h("fieldset.segments", null, h("legend.sr", null, "Which queue"), radios);
  }

  show(name) {
    this.#tab = name;
    this.panel.setAttribute("aria-labelledby", `tab-${name}`);
    this.panel.scrollTop = 0;
    this.desk.showClosed(name === "closed").catch((error) => (this.empty.textContent = error.message));
    this.render();
  }

  #chosen(name) {
    const { desk } = this;
    const of = { waiting: desk.waiting, mine: desk.mine, open: desk.items, closed: desk.closed ?? [] }[name];
    return this.#filter ? of.filter(({ queue }) => queue === this.#filter) : of;
  }

  render() {
    const { desk } = this;
    const focused = this.list.contains(document.activeElement) && document.activeElement;
    for (const tab of this.tabs) {
      const selected = tab.name_ === this.#tab;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      tab.count.textContent = tab.name_ === "closed" || !desk.loaded ? "" : ` ${this.#chosen(tab.name_).length}`;
    }
    const items = this.#chosen(this.#tab);
    const nodes = items.map((item) => this.#card(item).node);
    const place = focused ? [...this.list.children].indexOf(focused.parentNode) : -1;
    arrange(this.list, nodes);
    if (focused && !focused.isConnected) (this.buttons[place] ?? this.buttons.at(-1) ?? this.tabs[0]).focus();
    else if (focused) focused.focus();
    const known = new Set(items.map(({ escalation_id }) => escalation_id));
    for (const id of this.#cards.keys()) if (!known.has(id)) this.#cards.delete(id);
    this.empty.hidden = nodes.length > 0;
    if (desk.loaded) this.empty.textContent = NOTHING[this.#tab];
  }

  #card(item) {
    const { desk } = this;
    const card = this.#cards.get(item.escalation_id) ?? new Card(({ conversation_id, escalation_id }) => this.open(conversation_id, escalation_id));
    this.#cards.set(item.escalation_id, card);
    card.update(item, desk.room?.id === item.conversation_id, desk.me);
    return card;
  }

  get buttons() {
    return [...this.list.querySelectorAll("button")];
  }

  /** @param {1 | -1} step */
  move(step) {
    const { buttons } = this;
    const at = buttons.indexOf(document.activeElement);
    const current = buttons.findIndex((each) => each.ariaCurrent === "true");
    const next = at >= 0 ? at + step : current >= 0 ? current + step : 0;
    buttons[Math.max(0, Math.min(buttons.length - 1, next))]?.focus();
  }

  /** On the open conversation, else on the first, else on the tab: never nowhere. */
  focus() {
    if (this.search.shown) return this.search.focusResults();
    const { buttons } = this;
    (buttons.find((each) => each.ariaCurrent === "true") ?? buttons[0] ?? this.tabs.find((tab) => tab.tabIndex === 0)).focus();
  }
}

export const backButton = (act) => h("button.tool.back", { type: "button", "aria-label": "Back to the queue", onclick: act }, icon("back"));
