/** The conversation on screen: every event once, in the order of seq, unsent ones last. */

import { button, firstParagraph, h, icon, linkify, sr, tel } from "./dom.js";
import { identityForm } from "./view.js";

export class Timeline {
  #items = [];
  #seqs = new Set();

  /** Up to this seq nothing is missing. */
  reached = 0;

  constructor(log, context) {
    this.log = log;
    this.context = context;
  }

  /** Returns the new node, if any. An event without seq is not acknowledged yet. */
  add(event) {
    if (this.#seqs.has(event.seq)) return;
    if (this.#find(event.client_id)) return this.acknowledge(event.client_id, event.seq);
    const node = renderEvent(event, this.context);
    this.#insert({ event, node }, event.seq);
    return node;
  }

  acknowledge(clientId, seq) {
    const item = this.#find(clientId);
    if (!seq || item?.seq !== Infinity) return;
    item.node.querySelector(".state")?.remove();
    this.#take(item);
    if (this.#seqs.has(seq)) item.node.remove();
    else this.#insert(item, seq);
  }

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
    // a node that is moved is announced again
    if (!item.node.parentNode || item.node.nextSibling !== (next?.node ?? null)) this.log.insertBefore(item.node, next?.node);
    this.#items.splice(next ? later : this.#items.length, 0, item);
    this.#refresh();
  }

  /** Only the last question is open, until it is answered. */
  #refresh() {
    let open = true;
    let formOpen = true;
    let answered;
    for (const { event, node } of this.#items.toReversed()) {
      const { kind, author } = event;
      if (kind === "closed") open = formOpen = false;
      // whoever speaks now has not asked it
      if (kind === "owner" && event.owner !== "queue") open = false;
      if (kind === "identity_result") {
        if (event.verified) formOpen = false;
        else node.hidden = formOpen; // the form itself says it
      }
      answered ||= author === "bot";
      // waiting for people, the way back to the assistant stays open
      if (author === "patient" && (answered || event.choice_id)) open = false;
      if (kind === "choices") {
        node.settle?.(open);
        open = false;
      }
      if (kind === "identity_form") {
        node.settle?.(formOpen);
        formOpen = false;
      }
    }
  }
}

/** A question gets `settle(open)`; an unknown kind shows its text. */
function renderEvent(event, context) {
  try {
    return (KINDS[event.kind] ?? message)(event, context);
  } catch {
    return message(event, context); // a field is missing: the text says it all
  }
}

const KINDS = {
  choices,
  identity_form: identityForm,
  identity_result: line,
  status_card: statusCard,
  notice,
  owner: line,
  closed: line,
};

function message({ author, text, name, role_label, at, seq }, { t }) {
  const staff = author === "staff";
  const time = new Date(at).toLocaleTimeString(t.lang, { timeStyle: "short" });
  return h(
    `div.item.${author}`,
    null,
    staff ? h("p.small", null, h("b", null, name || t.staff), role_label && `, ${role_label}`, ` · ${time}`) : sr(author === "patient" ? t.you : t.bot),
    h("div.bubble", null, author === "patient" ? String(text) : linkify(text)),
    !seq && h("p.small.state", null, t.sending),
  );
}

function line({ text, verified }) {
  return h("div.item.line", null, h("p", null, verified && icon("lock"), linkify(text)));
}

function choices(event, context) {
  const numbered = /^1\. /m.test(event.text);
  // what follows lists the labels once more
  const item = message({ ...event, text: firstParagraph(event.text) }, context);
  const buttons = event.choices.map(({ choice_id, label }, index) => {
    const onclick = () => {
      context.say({ type: "choice", choice_id, text: String(label) });
      context.focus(); // a disabled button loses it
    };
    return button("choice", onclick, numbered && h("b", null, `${index + 1} `), h("span", null, label));
  });
  item.append(h("div.row", null, buttons));
  item.settle = (open) => buttons.forEach((each) => (each.disabled = !open));
  return item;
}

function notice({ urgent, text }, { t }) {
  // the pinned box shows and announces it
  if (urgent) return h("div.item.line", { "aria-live": "off" }, h("p", null, icon("alert"), t.urgentTitle, sr(text)));
  return h("div.item.notice", null, h("p.box.text", null, linkify(text)));
}

/** The numbers first: they must be seen whole on the smallest screen. */
export const urgentBox = (t, { text, phones = [] }) =>
  h(
    "div.box",
    null,
    h("p.flag", null, icon("alert"), t.urgentTitle),
    h("p.row", null, phones.map(({ label, number }) => h("a.button", { href: tel(number) }, icon("phone"), label))),
    h("p.text", null, linkify(firstParagraph(text))),
  );

function statusCard({ state, late_text, medicine, title, meaning, steps = [], facts = [], next_step, who_acts_label, as_of_text }, { t }) {
  const late = late_text || steps.some(({ status }) => status === "problem");
  const good = state === "ready" || steps.every(({ status }) => status === "done");
  return h(
    "div.item.bot",
    null,
    sr(t.bot),
    h(
      `section.card${late ? ".late" : ""}`,
      null,
      h("div.head", null, h("span.sign", null, icon(late ? "alert" : good ? "check" : "clock")), h("div", null, h("p.small", null, medicine), h("h3", null, title))),
      steps.length && h("ol", null, steps.map((step) => progress(step, t))),
      h("p.text", null, linkify(meaning), late_text && h("b", null, ` ${late_text}`)),
      facts.length && h("dl", null, facts.map(({ label, value }) => h("div", null, h("dt", null, label), h("dd", null, linkify(value))))),
      h("div.next", null, h("p.small", null, h("b", null, t.next), who_acts_label && h("span.who", null, who_acts_label)), h("p.text", null, linkify(next_step))),
      h("p.small", null, as_of_text),
    ),
  );
}

function progress({ label, status }, t) {
  const sign = { done: "check", problem: "alert" }[status];
  return h(
    `li.${status}`,
    { "aria-current": status === "current" && "step" },
    h("span.dot", null, sign && icon(sign)),
    h("span", null, sr(t[status]), label, status === "problem" && h("span.waits", null, ` – ${t.waits}`)),
  );
}
