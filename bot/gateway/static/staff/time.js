/** Times in words. The server's clock counts: a console's may be wrong by minutes. */

let offset = 0;

export const setServerTime = (at) => {
  const parsed = Date.parse(at);
  if (!Number.isNaN(parsed)) offset = parsed - Date.now();
};

export const now = () => Date.now() + offset;

/** @param {number} ms */
export function span(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A refusal, with how long to wait if the server says so: rounded up. @param {import("./api.js").ApiError} error */
export const withWait = ({ message, retryAfter }) => (retryAfter ? `${message} Try again in ${span(retryAfter * 1000 + 59_000)}.` : message);

/** "45 s", "12 min", "3 h 5 min", "2 d 4 h" */
export function length(seconds) {
  if (typeof seconds !== "number") return "–";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const day = (at) => new Date(at).toLocaleDateString("en-US", { weekday: "long", month: "long", day: "numeric" });
export const clock = (at) => new Date(at).toLocaleTimeString("en-US", { timeStyle: "short" });

/** The time, with the date when that is not today. */
export function stamp(at) {
  if (!at) return "";
  const date = new Date(at);
  if (date.toDateString() === new Date(now()).toDateString()) return clock(at);
  return `${date.toLocaleDateString("en-US", { month: "short", day: "numeric" })}, ${clock(at)}`;
}

/** A date of birth has no time zone. */
export function birth(value) {
  const date = new Date(`${value}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return String(value ?? "");
  return date.toLocaleDateString("en-US", { timeZone: "UTC", dateStyle: "long" });
}

export const isOverdue = ({ due_at, answered_at, state }) =>
  state !== "closed" && !answered_at && Boolean(due_at) && Date.parse(due_at) < now();

/** How long somebody waits, or how late the desk is. */
export function waiting(item) {
  if (item.state === "closed") return `closed ${stamp(item.closed_at)}`;
  if (isOverdue(item)) return `overdue by ${span(now() - Date.parse(item.due_at))}`;
  if (item.state === "waiting") return `waiting ${span(now() - Date.parse(item.opened_at))}`;
  return item.answered_at ? `answered ${stamp(item.answered_at)}` : `open ${span(now() - Date.parse(item.opened_at))}`;
}
