/** The staff interface over HTTP. */

const BASE = "/staff/api";
const TIMEOUT = 30_000;

/** Set by the shell: what a page does when its session is over, and when it was last used. */
export const session = { csrf: "", username: "", onEnd: () => {}, onActive: () => {} };

/** `status` is 0 when no answer came. */
export class ApiError extends Error {
  constructor(status, { code = "network", message, ...more } = {}, retryAfter = 0) {
    super(message || (status ? "The server could not do this." : "No connection to the server."));
    Object.assign(this, { ...more, status, code, retryAfter });
  }

  /** Worth another try later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * Resolves to the JSON body; throws ApiError. What the page asks by itself is `background`: it
 * must not keep the session of somebody who has left alive.
 */
export async function call(method, path, body, { background = false, again = true } = {}) {
  const response = await fetch(BASE + path, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      Accept: "application/json",
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(method !== "GET" && { "X-CSRF-Token": session.csrf }),
      ...(background && { "X-Background": "1" }),
    },
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch(() => null);
  if (!response) throw new ApiError(0);
  const data = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) {
    if (!background) session.onActive();
    return data;
  }
  const error = new ApiError(response.status, { ...data, ...data?.error }, Number(response.headers.get("Retry-After")));
  if (error.code === "csrf_failed" && again) return renewed(method, path, body, background);
  if (error.code === "sign_in_required") session.onEnd();
  throw error;
}

/** Another tab has signed in anew: with the same name it goes on, with another the page is not ours. */
async function renewed(method, path, body, background) {
  const { csrf, username } = await call("GET", "/session", undefined, { background, again: false });
  if (username !== session.username) location.reload();
  session.csrf = csrf;
  return call(method, path, body, { background, again: false });
}

export const get = (path, options) => call("GET", path, undefined, options);
export const post = (path, body = {}, options = {}) => call("POST", path, body, options);
export const query = (values) => {
  const set = Object.entries(values).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  return set.length ? `?${new URLSearchParams(set)}` : "";
};
