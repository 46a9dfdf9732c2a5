/** What a tab keeps for one person until they sign out: drafts, and what is not sent yet. */

const PREFIX = "willcall:desk:";

export class Kept {
  /** What somebody else left in this tab is nobody's business. @param {string} username */
  constructor(username) {
    this.prefix = `${PREFIX}${username}:`;
    Kept.#remove((key) => !key.startsWith(this.prefix));
  }

  get(key) {
    try {
      return JSON.parse(sessionStorage.getItem(this.prefix + key));
    } catch {
      return null;
    }
  }

  set(key, value) {
    try {
      if (value) sessionStorage.setItem(this.prefix + key, JSON.stringify(value));
      else sessionStorage.removeItem(this.prefix + key);
    } catch {
      // full or forbidden: costs the draft after a reload, nothing else
    }
  }

  /** The values under keys that begin with `start`. */
  all(start) {
    return keys()
      .filter((key) => key.startsWith(this.prefix + start))
      .map((key) => this.get(key.slice(this.prefix.length)))
      .filter(Boolean);
  }

  static clear() {
    Kept.#remove(() => true);
  }

  static #remove(chosen) {
    for (const key of keys().filter(chosen)) sessionStorage.removeItem(key);
  }
}

function keys() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** A choice of this device, not of a person: sound, single-key shortcuts. */
export const preference = {
  get(name) {
    try {
      return localStorage.getItem(PREFIX + name) !== "off";
    } catch {
      return true;
    }
  },
  set(name, on) {
    try {
      localStorage.setItem(PREFIX + name, on ? "on" : "off");
    } catch {
      // forbidden: forgotten after a reload
    }
  },
};
