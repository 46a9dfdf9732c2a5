/** What is said, until the server has it: sent in order, again after a lost line, never twice. */

import { backoff } from "../widget/connection.js";
import { post } from "./api.js";

// without HTTPS there is no crypto.randomUUID
const uuid = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

export class Outbox {
  #busy = new Set();
  #stopped = false;

  /** @param {import("./kept.js").Kept} kept @param {{onChange, onSent, onRefused}} handlers */
  constructor(kept, handlers) {
    this.kept = kept;
    this.handlers = handlers;
    this.items = kept.all("out:").sort((a, b) => a.number - b.number);
    for (const { conversation_id } of this.items) this.#pump(conversation_id);
  }

  stop() {
    this.#stopped = true;
  }

  of(conversationId) {
    return this.items.filter(({ conversation_id }) => conversation_id === conversationId);
  }

  get unsent() {
    return this.items.filter(({ seq }) => !seq).length;
  }

  say(conversationId, text) {
    const at = new Date().toISOString();
    const item = { client_id: uuid(), conversation_id: conversationId, text, at, number: Date.now() };
    this.items.push(item);
    this.kept.set(`out:${item.client_id}`, item);
    this.handlers.onChange(conversationId);
    this.#pump(conversationId);
  }

  /** What has come back as an event need not be shown apart any more. */
  settle(conversationId, events) {
    const known = new Set(events.flatMap(({ seq, client_id }) => [seq, client_id]));
    for (const item of this.of(conversationId)) {
      if (known.has(item.client_id) || (item.seq && known.has(item.seq))) this.#forget(item);
    }
  }

  #forget(item) {
    this.items = this.items.filter((other) => other !== item);
    this.kept.set(`out:${item.client_id}`);
  }

  async #pump(conversationId) {
    if (this.#busy.has(conversationId)) return;
    this.#busy.add(conversationId);
    for (let attempt = 0; !this.#stopped; ) {
      const item = this.of(conversationId).find(({ seq }) => !seq);
      if (!item) break;
      const { client_id, text, late } = item;
      try {
        const path = `/conversations/${encodeURIComponent(conversationId)}/messages`;
        const { seq } = await post(path, { client_id, text }, { background: Boolean(late) });
        item.seq = seq;
        this.kept.set(`out:${client_id}`);
        attempt = 0;
        this.handlers.onSent(conversationId);
      } catch (error) {
        if (error.status === 401) break; // it stays here, and goes out after the sign-in
        if (error.passing) {
          item.late = true;
          this.handlers.onChange(conversationId);
          await backoff(attempt++);
        } else {
          this.#forget(item);
          this.handlers.onRefused(item, error);
        }
      }
    }
    this.#busy.delete(conversationId);
  }
}
