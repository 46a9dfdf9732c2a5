/** What every page of the desk has around it: the sign-in, the header, the end of the session. */

import { get, post, session } from "./api.js";
import { ask, closeAll } from "./dialogs.js";
import { button, h, icon } from "./dom.js";
import { Idle } from "./idle.js";
import { Kept } from "./kept.js";
import { changePassword } from "./password.js";
import { signIn } from "./sign_in.js";
import { ROLES, word } from "./words.js";

const ENDED = "Your session has ended. Please sign in again; what you were writing is kept.";
const SIGNED_OUT = "You are signed out.";
/** What each role has; the first is where it begins. Who has only one needs no links. */
const PAGES = {
  technician: [["/staff/", "Desk"]],
  pharmacist: [
    ["/staff/", "Desk"],
    ["/staff/questions", "Questions"],
    ["/staff/instructions", "Instructions"],
    ["/staff/models", "Models"],
    ["/staff/numbers", "Numbers"],
  ],
  admin: [
    ["/staff/audit", "Audit"],
    ["/staff/accounts", "Accounts"],
    ["/staff/retention", "Retention"],
  ],
};

export class Shell {
  #page;
  #idle;
  #epoch = 0;
  #atGate = false;
  #leaving = false;

  /** @param {{roles: string[], keys?: boolean, open: (shell, me) => {stop, holding?, help?}}} options */
  constructor(options) {
    this.options = options;
    this.root = h("div.shell");
    document.body.append(this.root);
    session.onEnd = () => this.#ended(this.#leaving ? SIGNED_OUT : ENDED);
    this.#enter();
  }

  /** Shows the page, or the sign-in and then the page. */
  async #enter(said = "") {
    const epoch = (this.#epoch += 1);
    session.onActive = () => {};
    let me = await get("/session", { background: true }).catch((error) => error);
    if (epoch !== this.#epoch) return; // the answer was 401: somebody else asks now
    if (me instanceof Error) return this.#unreachable(me);
    if (!this.options.roles.includes(me.role)) return location.replace(PAGES[me.role][0][0]);
    Object.assign(session, { csrf: me.csrf, username: me.username });
    this.main = h("main", { id: "main", tabindex: -1 });
    this.banner = h("div.banners", { role: "status" });
    this.tools = h("div.row.tools");
    this.root.replaceChildren(h("a.skip", { href: "#main" }, "Skip to the content"), this.#header(me), this.banner, this.main);
    this.#idle = new Idle(me, this.banner);
    this.#page = this.options.open(this, me);
  }

  #unreachable(error) {
    const again = button("Try again", () => this.#enter(), { look: "button.primary" });
    this.root.replaceChildren(h("main.gate", { id: "main" }, h("h1", null, "Willcall desk"), h("p.problem", { role: "alert" }, error.message), again));
  }

  async #ended(said) {
    if (this.#atGate) return;
    this.#atGate = true;
    const epoch = (this.#epoch += 1);
    const first = !this.#page;
    this.#page?.stop();
    this.#idle?.stop();
    this.#page = this.#idle = null;
    closeAll();
    await signIn(this.root, first && said === ENDED ? "" : said);
    this.#atGate = false;
    if (epoch === this.#epoch) this.#enter();
  }

  #header(me) {
    const where = location.pathname;
    const link = (href, text) => h("a", { href, "aria-current": where === href && "page" }, text);
    const pages = PAGES[me.role];
    const nav = pages.length > 1 && h("nav", { "aria-label": "Pages" }, pages.map(([href, text]) => link(href, text)));
    const item = (label, act) => {
      const act_ = () => {
        menu.hidePopover();
        act();
      };
      return button(label, act_, { look: "item" });
    };
    const menu = h(
      "div.menu",
      { id: "menu", popover: "auto" },
      h("p.small", null, `${me.display_name}, ${word(ROLES, me.role)}`),
      this.options.keys && item("Keyboard shortcuts", () => this.#page?.help?.()),
      item("Change password", () => this.#changePassword()),
      item("Sign out", () => this.#signOut("/logout")),
      item("Sign out everywhere", () => this.#signOut("/logout_everywhere")),
    );
    const who = h("p.who", null, h("b", null, me.display_name), h("span.small", null, word(ROLES, me.role)));
    const open = h("button.tool", { type: "button", popovertarget: "menu", "aria-label": "Menu" }, icon("menu"));
    return h("header.top", null, h("p.brand", null, h("b", null, "Willcall"), " desk"), nav, h("div.grow"), this.tools, who, open, menu);
  }

  async #changePassword() {
    if (await changePassword()) this.say("Your password is changed. Your other sessions have ended.");
  }

  async #signOut(path) {
    const text = [this.#page?.holding?.(), path.endsWith("everywhere") && "Every session of your account ends, on all devices."]
      .filter(Boolean)
      .join(" ");
    const act = async () => {
      this.#leaving = true; // the stream may end before the answer is here
      await post(path).finally(() => (this.#leaving = false));
      this.#page?.stop();
      this.#page = null;
      Kept.clear();
    };
    if (text) {
      if (!(await ask({ title: "Sign out?", text, submit: "Sign out" }, act))) return;
    } else
      try {
        await act();
      } catch (error) {
        return this.say(error.message);
      }
    history.replaceState(null, "", location.pathname);
    this.#ended(SIGNED_OUT);
  }

  /** A line under the header, until it is taken away. @returns {HTMLElement} */
  say(text) {
    const line = h("p.banner", null, text);
    this.banner.append(line);
    setTimeout(() => line.remove(), 8000);
    return line;
  }
}
