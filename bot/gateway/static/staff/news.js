/** What has changed: read again, and told with a sound and words when somebody must look. */

export class News {
  #untold = new Set();
  #rung = new Set();

  /** @param {import("./state.js").Desk} desk @param {import("./alerts.js").Alerts} alerts @param {object} conversation */
  constructor(desk, alerts, conversation) {
    this.desk = desk;
    this.alerts = alerts;
    this.conversation = conversation;
    desk.addEventListener("queue", () => this.#queueRead());
  }

  /** What is not kept: a patient writes or has seen something, the holder has read. */
  passed(kind, { conversation_id: id, seq }) {
    if (kind === "read") this.desk.queueChanged();
    if (id !== this.desk.room?.id) return;
    if (kind === "typing") this.conversation.patientTyping();
    if (kind === "seen") this.desk.patientHasSeen(seq);
  }

  changed(change) {
    const { kind, conversation_id: id, author, escalation_id } = change;
    const { desk } = this;
    desk.queueChanged();
    desk.roomChanged(id);
    if (kind === "message" && author === "patient" && id === desk.room?.id) this.conversation.patientTyping(false);
    const holder = change.holder?.username ?? change.holder;
    const mine = kind === "unread" && holder === desk.me.username;
    const urgent = kind === "alert" || mine || (kind === "opened" && change.priority === "urgent");
    if (urgent) this.#ring(escalation_id);
    if (urgent || kind === "opened") this.#untold.add({ kind, id, escalation_id, urgent, mine });
  }

  #ring(escalationId) {
    this.#rung.add(escalationId);
    this.alerts.ring();
  }

  /** The words for what has changed are known only after the queue has been read. */
  #queueRead() {
    const { items, waiting } = this.desk;
    const urgentOnes = waiting.filter(({ priority }) => priority === "urgent");
    this.alerts.badge(waiting.length, urgentOnes.length > 0);
    for (const { kind, id, escalation_id, urgent, mine } of this.#untold) {
      const item = items.find((each) => each.escalation_id === escalation_id) ?? items.find(({ conversation_id }) => conversation_id === id);
      if (!item) continue;
      const who = item.patient_name || "a patient who is not verified";
      const what = mine ? "Not read by you yet" : kind === "alert" ? "Still waiting" : item.priority === "urgent" ? "Urgent" : "New in the queue";
      this.alerts.announce(`${what}: ${item.reason_label}, ${who}.`, urgent);
    }
    this.#untold.clear();
    // while the line was lost nobody told
    for (const { escalation_id: id } of urgentOnes) if (!this.#rung.has(id)) this.#ring(id);
  }
}
