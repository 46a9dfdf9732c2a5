/** What one does with a conversation; each is a request, and what the server says counts. */

import { post } from "./api.js";
import { ask } from "./dialogs.js";
import { OUTCOMES, QUEUES, word } from "./words.js";

const other = (queue) => (queue === "counter" ? "pharmacist" : "counter");

export class Actions {
  #busy = false;

  /**
   * @param {import("./state.js").Desk} desk @param {import("./kept.js").Kept} kept
   * @param {{say: (text: string) => void, claimed: () => void, left: (text: string) => void}} handlers
   */
  constructor(desk, kept, handlers) {
    this.desk = desk;
    this.kept = kept;
    this.handlers = handlers;
  }

  /** What could be claimed in the open conversation, the one that was opened first. */
  get claimable() {
    const { room, me } = this.desk;
    if (!room) return [];
    const takeable = room.waiting.filter((item) => this.desk.mayTake(item));
    const holder = room.conversation.holder;
    if (!holder || holder.username === me.username) return takeable;
    // an urgent one is not kept waiting by a technician
    const over = takeable.filter(({ queue, priority }) => queue === "pharmacist" && priority === "urgent");
    return me.role === "pharmacist" && holder.role === "technician" ? over : [];
  }

  get held() {
    const { room, me } = this.desk;
    return room ? room.heldBy(me) : [];
  }

  claim(item = this.claimable[0]) {
    if (!item) return undefined;
    return this.#run(async () => {
      try {
        this.desk.take(await post(`/escalations/${item.escalation_id}/claim`));
      } catch (error) {
        this.desk.everythingChanged();
        if (error.code === "already_claimed") throw new Error(`${name(error.holder) || "Somebody else"} has this conversation.`);
        throw error;
      }
      await this.desk.readRoom();
      this.handlers.claimed();
    });
  }

  release() {
    const [item] = this.held;
    return item && this.#run(() => this.#leave(item, "release", {}, "Released: it is in the queue again."));
  }

  handBack() {
    return this.#ask({
      title: "Hand back to the assistant?",
      text: "The assistant answers again, and tells the patient so.",
      submit: "Hand back",
      act: (item) => this.#leave(item, "hand_back", {}, "Handed back to the assistant."),
    });
  }

  transfer() {
    const [first] = this.held;
    if (!first) return undefined;
    const to = (item) => word(QUEUES, other(item.queue));
    const several = this.held.length > 1;
    return this.#ask({
      title: several ? "Transfer to the other queue" : `Transfer to the ${to(first).toLowerCase()} queue`,
      text: "The reason is kept as a private note.",
      fields: [{ name: "reason", label: "Reason", kind: "textarea", required: true, kept: this.#kept("transfer") }],
      submit: "Transfer",
      act: (item, { reason }) =>
        this.#leave(item, "transfer", { queue: other(item.queue), reason }, `Transferred to the ${to(item).toLowerCase()} queue.`),
    });
  }

  close() {
    return this.#ask({
      title: "Close",
      text: "The chat ends for the patient when nothing else of it is open.",
      fields: [
        { name: "outcome", label: "Outcome", kind: "select", choices: Object.entries(OUTCOMES) },
        { name: "note", label: "Note (optional)", kind: "textarea", kept: this.#kept("close") },
      ],
      submit: "Close",
      act: (item, { outcome, note }) => this.#leave(item, "close", { outcome, note }, `Closed: ${OUTCOMES[outcome]}.`),
    });
  }

  async note() {
    const { room } = this.desk;
    if (!room) return;
    const fields = [{ name: "text", label: "Note", hint: "The patient never sees it.", kind: "textarea", required: true, kept: this.#kept("note") }];
    await ask({ title: "Add a private note", fields, submit: "Add note" }, async ({ text }) => {
      await post(`/conversations/${encodeURIComponent(room.id)}/notes`, { text });
      this.desk.roomChanged(room.id);
    });
  }

  /** A note that was begun is still there after a reload. */
  #kept(what) {
    const key = `${what}:${this.desk.room.id}`;
    return { get: () => this.kept.get(key), set: (value) => this.kept.set(key, value) };
  }

  /** With several requests in one hand the dialog asks which is meant. */
  async #ask({ act, fields = [], ...options }) {
    const { held } = this;
    if (!held.length) return;
    const which = held.map((item) => [String(item.escalation_id), `${item.reason_label}: ${short(item.question)}`]);
    const all = held.length > 1 ? [{ name: "which", label: "Request", kind: "select", choices: which }, ...fields] : fields;
    await ask({ ...options, fields: all }, (values) => {
      const item = held.find(({ escalation_id }) => String(escalation_id) === values.which) ?? held[0];
      return act(item, values);
    });
  }

  async #leave(item, what, body, said) {
    try {
      this.desk.take(await post(`/escalations/${item.escalation_id}/${what}`, body));
    } catch (error) {
      this.desk.everythingChanged();
      throw error;
    }
    await this.desk.readRoom().catch(() => {});
    // after the dialog has given the focus back
    setTimeout(() => this.handlers.left(said));
  }

  /** One at a time: a second press of the key must not claim or release again. */
  async #run(act) {
    if (this.#busy) return;
    this.#busy = true;
    this.handlers.say("");
    try {
      await act();
    } catch (error) {
      this.handlers.say(error.message);
    } finally {
      this.#busy = false;
    }
  }
}

const short = (text) => (text?.length > 60 ? `${text.slice(0, 60)}…` : text || "–");
const name = (holder) => (typeof holder === "string" ? holder : holder?.display_name);
