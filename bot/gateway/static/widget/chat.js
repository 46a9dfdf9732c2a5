/** One conversation: begins it, keeps what was said until the server has it, tells the view. Draws nothing. */

import { backoff, Connection, request } from "./connection.js";

const DAY = 24 * 3600_000;
const ACK_TIMEOUT = 10_000;
const RETRY_AFTER = 6_000;
const TYPING_EVERY = 3_000;
const PASSING = ["rate_limited", "internal", "internal_error", "unavailable", "network"];
const memory = {};

/** Also without HTTPS, where crypto.randomUUID does not exist. */
const uuid = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

/** What this device remembers: "session", "locale", and "out:<client_id>" for each message not acknowledged. */
export class Store {
  /** @param {string} base where widget.js came from: each Willcall has its own memory */
  constructor(base) {
    this.prefix = `willcall:${base}:`;
    try {
      this.storage = localStorage ?? memory;
    } catch {
      this.storage = memory; // forbidden here: the chat works, and a reload forgets it
    }
  }

  /** @param {string} key @returns {any} */
  get(key) {
    return JSON.parse(this.storage[this.prefix + key] ?? null);
  }

  /** @param {string} key @param {any} [value] none removes it */
  set(key, value) {
    try {
      delete this.storage[this.prefix + key];
      if (value) this.storage[this.prefix + key] = JSON.stringify(value);
    } catch {
      // a full storage costs the resume, not the conversation
    }
  }

  /** Oldest first; after a day it is no longer what the patient wants. @returns {any[]} */
  outbox() {
    return Object.keys(this.storage)
      .filter((key) => key.startsWith(`${this.prefix}out:`))
      .map((key) => JSON.parse(this.storage[key]))
      .filter(({ at }) => Date.now() - at < DAY)
      .sort((a, b) => a.at - b.at);
  }

  /** Forgets the conversation; the chosen language stays. */
  clear() {
    for (const { client_id } of this.outbox()) this.set(`out:${client_id}`);
    this.set("session");
  }
}

export class Chat {
  #line;
  #online = false;
  #starting = false;
  #stopped = false;
  #flying;
  #timer;
  #typed = 0;
  #seen = 0;

  /** @param {string} base @param {Store} store @param {import("./element.js").WillcallChat} view */
  constructor(base, store, view) {
    this.api = `${base}api/v1/conversations`;
    this.store = store;
    this.view = view;
    this.outbox = store.outbox();
  }

  /** Takes up what this device remembers. Without that, nothing happens until the patient writes. */
  resume() {
    for (const item of this.outbox) this.view.addOwn(item);
    if (this.store.get("session")) this.#connect(true);
    else if (this.outbox.length) this.begin();
  }

  /** Creates the conversation if there is none, and keeps trying while the server cannot be reached. */
  async begin() {
    if (this.#line || this.#starting) return;
    this.#starting = true;
    for (let attempt = 0; !this.#line; attempt += 1) {
      const body = { locale: this.view.locale };
      const session = await request(this.api, { method: "POST", body }).catch((error) => this.#failed(error));
      if (this.#stopped) return;
      if (session) {
        this.store.set("session", session);
        this.#connect(false);
      } else await backoff(attempt);
    }
  }

  /** @param {{type: "message" | "choice", text: string, choice_id?: string}} said */
  say(said) {
    const item = { ...said, client_id: uuid(), at: Date.now() };
    this.outbox.push(item);
    this.store.set(`out:${item.client_id}`, item);
    this.view.addOwn(item);
    if (!navigator.onLine) this.view.setOnline(false);
    this.begin();
    this.#pump();
  }

  typing() {
    this.begin();
    if (!this.#online || Date.now() - this.#typed < TYPING_EVERY) return;
    this.#typed = Date.now();
    this.#line.send({ type: "typing" });
  }

  /** @param {number} seq the last one on screen */
  seen(seq) {
    if (!this.#online || seq <= this.#seen) return;
    this.#seen = seq;
    this.#line.send({ type: "seen", seq });
  }

  /** @param {object} body of the identity form; throws the server's answer */
  verify(body) {
    return this.#request("/identity", { method: "POST", body });
  }

  /** Clears the device in any case. @returns {Promise<boolean>} whether the server has ended it too */
  async end() {
    const known = this.store.get("session");
    const ended = known && this.#request("", { method: "DELETE" });
    this.stop();
    this.store.clear();
    return Promise.resolve(ended).then(
      () => true,
      ({ status }) => status === 401 || status === 404,
    );
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#line?.stop();
  }

  #request(path, options) {
    const { conversation_id, secret } = this.store.get("session");
    return request(`${this.api}/${conversation_id}${path}`, { ...options, secret });
  }

  #failed(error) {
    if (this.#stopped) return;
    this.view.setOnline(false);
    if (error.status) this.view.showError(error);
  }

  #connect(resumed) {
    const { conversation_id, secret } = this.store.get("session");
    let historyUntil = resumed ? null : 0;
    this.#line = new Connection({
      url: `${this.api}/${conversation_id}`,
      secret,
      after: () => this.view.timeline.reached,
      onFrame: (frame) => {
        if (frame.type === "welcome") historyUntil ??= frame.last_seq;
        this.#receive(frame, frame.seq <= historyUntil);
      },
      onState: (online) => {
        this.#online = online;
        this.view.setTurn("");
        this.view.setOnline(online);
        this.#land();
      },
      onGone: () => this.#gone(),
    });
  }

  #receive(frame, isHistory) {
    const { view } = this;
    const { type, client_id } = frame;
    if (type === "welcome" && frame.owner) view.setOwner(frame);
    if (type === "turn") view.setTurn(frame.state === "started" && "typing");
    if (type === "typing") view.setTurn("staffTyping");
    if (type === "error") this.#refused(frame);
    if (type !== "ack" && type !== "event") return;
    this.#settle(client_id);
    view.showError();
    if (type === "ack") view.timeline.acknowledge(client_id, frame.seq);
    else view.add(frame, isHistory);
  }

  #refused(error) {
    this.view.showError(error);
    const id = error.client_id ?? this.#flying;
    const item = this.outbox.find(({ client_id }) => client_id === id);
    if (!item) return;
    if (PASSING.includes(error.code) || error.status >= 500) {
      this.view.timeline.wait(id);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#land(), RETRY_AFTER);
      return;
    }
    this.view.timeline.remove(id);
    if (item.type === "message") this.view.restore(item.text);
    this.#settle(id);
  }

  #settle(id) {
    if (!id) return;
    this.outbox = this.outbox.filter(({ client_id }) => client_id !== id);
    this.store.set(`out:${id}`);
    if (this.#flying === id) this.#land();
  }

  #land() {
    clearTimeout(this.#timer);
    this.#flying = null;
    this.#pump();
  }

  /** One at a time, so that a refused message cannot be overtaken by the next. */
  #pump() {
    const [next] = this.outbox;
    if (!this.#online || this.#flying || !next) return;
    const { type, client_id, text, choice_id } = next;
    this.#flying = client_id;
    this.#timer = setTimeout(() => this.#line.drop(), ACK_TIMEOUT);
    this.#line.send({ type, client_id, ...(type === "choice" ? { choice_id } : { text }) });
  }

  /** The server no longer knows the conversation: the next one takes over the words, but not old buttons. */
  #gone() {
    this.stop();
    for (const { type, client_id } of this.outbox) if (type === "choice") this.store.set(`out:${client_id}`);
    this.store.set("session");
    this.view.restart("afresh");
  }
}
