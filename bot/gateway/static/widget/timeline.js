/** The conversation on screen: every event once, in the order of seq, with what is still being sent at the end. */

import { firstParagraph, h, icon, linkify, sr, tel } from "./dom.js";
import { identityForm } from "./identity.js";

export class Timeline {
  /** @type {{seq: number, event: any, node: HTMLElement}[]} */
  #items = [];
  #seqs = new Set();

  /** The last seq up to which nothing is missing: where a reconnect goes on. */
  reached = 0;

  /** @param {HTMLElement} log @param {Context} context */
  constructor(log, context) {
    this.log = log;
    this.context = context;
  }

  /** @param {any} event without seq: not acknowledged yet @returns {HTMLElement | undefined} what is new on screen */
  add(event) {
    if (this.#seqs.has(event.seq)) return;
    if (this.#find(event.client_id)) return this.acknowledge(event.client_id, event.seq);
    const node = renderEvent(event, this.context);
    this.#insert({ event, node }, event.seq);
    return node;
  }

  /** The server has what this device sent. @param {string} clientId @param {number} [seq] */
  acknowledge(clientId, seq) {
    const item = this.#find(clientId);
    if (!seq || item?.seq !== Infinity) return;
    item.node.querySelector(".state")?.remove();
    this.#take(item);
    if (this.#seqs.has(seq)) item.node.remove();
    else this.#insert(item, seq);
  }

  /** Says that it will be sent later. @param {string} clientId */
  wait(clientId) {
    const state = this.#find(clientId)?.node.querySelector(".state");
    if (state) state.textContent = this.context.t.waiting;
  }

  /** @param {string} clientId */
  remove(clientId) {
    const item = this.#find(clientId);
    if (!item) return;
    this.#take(item);
    item.node.remove();
    this.#refresh();
  }

  #find(clientId) {
    return clientId && this.#items.find(({ event }) => event.client_id === clientId);
  }

  #take(item) {
    this.#items.splice(this.#items.indexOf(item), 1);
  }

  #insert(item, seq) {
    item.seq = seq ?? Infinity;
    if (seq) this.#seqs.add(seq);
    while (this.#seqs.has(this.reached + 1)) this.reached += 1;
    const later = this.#items.findIndex((other) => other.seq > item.seq);
    const next = this.#items[later];
    // Screen readers announce a node again when it is moved, so one that is in its place stays there.
    if (!item.node.parentNode || item.node.nextSibling !== (next?.node ?? null)) this.log.insertBefore(item.node, next?.node);
    this.#items.splice(next ? later : this.#items.length, 0, item);
    this.#refresh();
  }

  /** Only the last question is open, and only until the patient has said something after it. */
  #refresh() {
    let open = true;
    let formOpen = true;
    let answer;
    for (const { event, node } of this.#items.toReversed()) {
      const { kind } = event;
      if (kind === "closed") open = formOpen = false;
      if (kind === "identity_result" && event.verified) formOpen = false;
      if (event.author === "patient") {
        open = false;
        answer = event.text;
      }
      if (kind === "choices") {
        node.settle(open, answer);
        open = false;
      }
      if (kind === "identity_form") {
        node.settle(formOpen);
        formOpen = false;
      }
    }
  }
}

/**
 * @typedef {{t: Record<string, string>, say: (said: {type: string, text: string, choice_id?: string}) => void,
 *   verify: (values: object) => Promise<any>, focus: () => void}} Context
 */

/** @param {any} event @param {Context} context @returns {HTMLElement} with `settle(open, answer)` if it asks something */
function renderEvent(event, context) {
  return (KINDS[event.kind] ?? message)(event, context);
}

const KINDS = {
  choices,
  identity_form: identityForm,
  identity_result: (event) => line(event, event.verified && icon("lock")),
  status_card: statusCard,
  notice,
  owner: line,
  closed: line,
};

function message({ author, text, name, role, at, seq }, { t }) {
  const staff = author === "staff";
  const time = new Date(at).toLocaleTimeString(t.lang, { timeStyle: "short" });
  return h(
    "div",
    { class: `item ${author}` },
    staff ? h("p.small", null, h("b", null, name || t.staff), role && `, ${role}`, ` · ${time}`) : sr(author === "patient" ? t.you : t.bot),
    h("div.bubble", null, author === "patient" ? String(text) : linkify(text)),
    !seq && h("p.small.state", null, t.sending),
  );
}

function line({ text }, sign) {
  return h("div.item.line", null, h("p", null, sign instanceof Node && sign, linkify(text)));
}

function choices(event, context) {
  const listed = /^\s*1[.)] /m.test(event.text);
  const numbered = listed || event.choices.length > 2;
  const item = message({ ...event, text: listed ? firstParagraph(event.text) : event.text }, context);
  const buttons = event.choices.map(({ choice_id, label }, index) => {
    const onclick = () => {
      context.say({ type: "choice", choice_id, text: String(label) });
      context.focus(); // the pressed button is disabled now and would lose the focus
    };
    return h("button", { type: "button", class: "choice", onclick }, numbered && h("b", null, `${index + 1} `), h("span", null, label));
  });
  item.append(h("div.row", { role: "group", "aria-label": context.t.answers }, buttons));
  item.settle = (open, answer) =>
    buttons.forEach((button, index) => {
      button.disabled = !open;
      button.classList.toggle("taken", !open && answer === event.choices[index].label);
    });
  return item;
}

function notice({ urgent, text, phones }, { t }) {
  // The pinned copy announces an urgent notice at once; the log must not say it again.
  return h("div", { class: `item notice ${urgent ? "urgent" : ""}`, "aria-live": urgent && "off" }, noticeBox(t, urgent, text, phones));
}

/** @param {any} t @param {boolean} urgent @param {string} text @param {{label: string, number: string}[]} [phones] */
export function noticeBox(t, urgent, text, phones) {
  return h(
    "div.box",
    null,
    urgent && h("p.flag", null, icon("alert"), t.urgentTitle),
    h("p.text", null, linkify(text)),
    phones?.length &&
      h("p.row", null, phones.map(({ label, number }) => h("a", { href: tel(number), class: "button" }, icon("phone"), h("span", null, label, " ", h("b", null, number))))),
  );
}

/** The status of one prescription: where it is, as a picture and in words, and who does what next. */
function statusCard({ state, medicine, title, meaning, steps = [], facts = [], next_step, who_acts, who_acts_label, as_of_text }, { t }) {
  const late = steps.some(({ status }) => status === "problem");
  const good = state === "ready" || steps.every(({ status }) => status === "done");
  return h(
    "div.item.bot",
    null,
    sr(t.bot),
    h(
      "section",
      { class: `card ${late ? "late" : ""}` },
      h("div.head", null, h("span.sign", null, icon(late ? "alert" : good ? "check" : "clock")), h("div", null, h("p.small", null, medicine), h("h3", null, title))),
      steps.length && h("ol", { "aria-label": t.steps }, steps.map((step) => progress(step, t))),
      h("p.text", null, linkify(meaning)),
      facts.length && h("dl", null, facts.map(({ label, value }) => h("div", null, h("dt", null, label), h("dd", null, linkify(value))))),
      h("div.next", null, h("p.small", null, h("b", null, t.next), who_acts_label && h("span", { class: `who ${who_acts}` }, who_acts_label)), h("p.text", null, linkify(next_step))),
      h("p.small", null, as_of_text),
    ),
  );
}

function progress({ label, status }, t) {
  const sign = { done: "check", problem: "alert" }[status];
  return h(
    "li",
    { class: status, "aria-current": status === "current" && "step" },
    h("span.dot", null, sign && icon(sign)),
    h("span", null, sr(t[status]), label, status === "problem" && h("span.waits", { "aria-hidden": "true" }, ` – ${t.waits}`)),
  );
}
