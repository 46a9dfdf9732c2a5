/** HTTP, and a socket that comes back, or long polling where sockets are blocked. */

const OPEN_TIMEOUT = 10_000;
const TIMEOUT = 40_000;
const POLL_SECONDS = 25;
export const GONE = [401, 404, 410];

/** Resolves to the JSON body; throws {status, code, message}, status 0 if no answer came. */
export async function request(url, { method, body, secret }) {
  const response = await fetch(url, {
    method,
    body: body && JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...(secret && { Authorization: `Bearer ${secret}` }) },
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch(() => ({ status: 0 }));
  const data = await response.json?.().catch(() => null);
  if (response.ok) return data;
  throw { code: "network", ...data?.error, status: response.status };
}

/** Waits longer each time, with jitter, or until the network is back. */
export const backoff = (attempt) =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.min(30_000, 500 * 2 ** attempt) * (0.5 + Math.random() / 2));
    addEventListener("online", resolve, { once: true });
  });

export class Connection {
  #ended = false;
  #polling = false;
  #socket;

  constructor(options) {
    this.options = options;
    this.#run();
  }

  stop() {
    this.#ended = true;
    this.drop();
  }

  /** Gives up the socket; the next one is opened. */
  drop() {
    this.#socket?.over();
  }

  /** Either way a message is answered by an ack or error frame. */
  send(frame) {
    if (this.#polling) this.#post(frame);
    else if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  async #run() {
    let blocked = 0;
    for (let attempt = 0; !this.#ended; attempt += 1) {
      const since = Date.now();
      // twice no socket in spite of a network: blocked, until polling ends
      this.#polling = blocked > 1;
      const worked = await (this.#polling ? this.#poll() : this.#open());
      if (this.#ended) return;
      blocked = worked || this.#polling || !navigator.onLine ? 0 : blocked + 1;
      this.#polling = false;
      this.options.onState(false);
      if (worked && Date.now() - since > 5000) attempt = 0;
      await backoff(attempt);
    }
  }

  /** Resolves when the socket is over: whether it ever worked. */
  #open() {
    const { url, secret, after, onFrame, onState } = this.options;
    return new Promise((resolve) => {
      let worked = false;
      const socket = new WebSocket(`${url.replace("http", "ws")}/socket`);
      const timer = setTimeout(() => this.drop(), OPEN_TIMEOUT);
      this.#socket = socket;
      // a dead line may report its end minutes later
      socket.over = socket.onclose = () => {
        clearTimeout(timer);
        socket.onmessage = this.#socket = null;
        socket.close();
        resolve(worked);
      };
      socket.onopen = () => socket.send(JSON.stringify({ type: "hello", secret, after: after() }));
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (!worked && ["unauthorized", "not_found", "conversation_ended"].includes(frame.code)) return this.#gone();
        if (frame.type === "welcome") {
          worked = true;
          clearTimeout(timer);
          onState(true);
        }
        onFrame(frame);
      };
    }).catch(() => false); // the page's policy forbids sockets
  }

  /** Resolves when polling fails: whether it ever worked. */
  async #poll() {
    const { url, secret, after, onFrame, onState } = this.options;
    const until = Date.now() + 600_000; // then a socket is tried again
    for (let wait = 0; Date.now() < until; wait = POLL_SECONDS) {
      try {
        const answer = await request(`${url}/events?after=${after()}&wait=${wait}`, { secret });
        if (this.#ended) return true;
        if (!wait) {
          onState(true);
          onFrame({ ...answer, type: "welcome", last_seq: answer.events.at(-1)?.seq ?? 0 });
        }
        for (const event of answer.events) onFrame({ ...event, type: "event" });
      } catch ({ status }) {
        if (GONE.includes(status)) this.#gone();
        return wait > 0;
      }
    }
    return true;
  }

  async #post({ type, ...body }) {
    const path = { message: "messages", choice: "choices", feedback: type }[type];
    if (!path) return;
    const { url, secret, onFrame } = this.options;
    const answer = await request(`${url}/${path}`, { method: "POST", body, secret }).then(
      (data) => ({ type: "ack", ...data }),
      (error) => ({ ...error, type: "error" }),
    );
    if (!this.#ended) onFrame({ ...answer, client_id: body.client_id });
  }

  #gone() {
    if (this.#ended) return;
    this.stop();
    this.options.onGone();
  }
}
