/** The accounts, for the admin. They are made on the command line; here they are stopped and helped. */

import { get, post } from "./api.js";
import { ask } from "./dialogs.js";
import { button, h } from "./dom.js";
import { Shell } from "./shell.js";
import { stamp } from "./time.js";
import { plural, ROLES, word } from "./words.js";

const ACTS = {
  disable: ["Disable", "They are signed out, their conversations return to the queue, and they cannot sign in.", true],
  enable: ["Enable", "They can sign in again."],
  unlock: ["Unlock", "Their failed sign-ins are forgotten."],
  logout: ["Sign out", "All their sessions end, and their conversations return to the queue."],
};
const COLUMNS = ["Name", "Role", "State", "Second factor", "Sessions", "Since", "Actions"];

class Accounts {
  constructor(shell, me) {
    this.shell = shell;
    this.me = me;
    shell.main.className = "page";
    this.rows = h("tbody");
    this.state = h("p.small", { role: "status" }, "Loading…");
    const head = h("thead", null, h("tr", null, COLUMNS.map((name) => h("th", { scope: "col" }, name))));
    const hint = h("p.small", null, "Accounts are made with ", h("code", null, "willcall staff add"), ".");
    const table = h("div.table", { tabindex: 0, role: "group", "aria-label": "Accounts" }, h("table", null, head, this.rows));
    shell.main.replaceChildren(h("h1", null, "Accounts"), hint, table, this.state);
    this.#load();
  }

  stop() {}

  async #load() {
    try {
      const { accounts } = await get("/accounts");
      this.rows.replaceChildren(...accounts.map((account) => this.#row(account)));
      this.state.textContent = plural(accounts.length, "account", "accounts");
    } catch ({ message }) {
      this.state.textContent = message;
    }
  }

  #row(account) {
    const { username, display_name, role, second_factor, demo, created_at, disabled_at, locked, sessions } = account;
    const acts = [
      ...(disabled_at ? ["enable"] : username === this.me.username ? [] : ["disable"]),
      ...(locked ? ["unlock"] : []),
      ...(sessions && username !== this.me.username ? ["logout"] : []),
    ];
    const states = [
      disabled_at ? h("span.tag.warn", null, `disabled ${stamp(disabled_at)}`) : h("span.tag", null, "active"),
      locked && h("span.tag.warn", null, "locked"),
      demo && h("span.tag", null, "demonstration"),
    ];
    const cells = [
      [h("b", null, display_name), h("br"), h("span.small", null, username)],
      word(ROLES, role),
      h("div.row", null, states),
      second_factor ? "yes" : "no",
      String(sessions ?? 0),
      stamp(created_at),
      h("div.row", null, acts.map((act) => this.#button(act, account))),
    ];
    return h("tr", null, cells.map((cell) => h("td", null, cell)));
  }

  #button(act, { username, display_name }) {
    const [label, text, danger] = ACTS[act];
    const confirm = () =>
      ask({ title: `${label}: ${display_name}?`, text, submit: label, danger }, async () => {
        await post(`/accounts/${encodeURIComponent(username)}/${act}`);
        await this.#load();
        this.shell.say(`${label}: ${display_name}. Done.`);
        setTimeout(() => this.rows.closest(".table").focus());
      });
    return button(label, confirm, { look: "button.small-button", "aria-label": `${label}: ${display_name}` });
  }
}

new Shell({ roles: ["admin"], open: (shell, me) => new Accounts(shell, me) });
