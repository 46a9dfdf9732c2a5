/** What is always there: launcher, header, menu, welcome, composer. Markup and the composer's keys; the rest is element.js. */

import { h, icon, linkify } from "./dom.js";

const LIMIT = 2000;
const WARN_FROM = 1800;

/**
 * @param {any} t words @param {string} pharmacy
 * @param {Record<"open" | "close" | "speak" | "ask" | "end" | "again" | "send" | "typing", Function>} on
 * @returns {Record<string, any>} the nodes by name
 */
export function buildView(t, pharmacy, on) {
  const n = {};
  const button = (props, ...content) => h("button", { type: "button", ...props }, ...content);
  const tool = (name, label, onclick) => button({ class: "tool", "aria-label": label, onclick }, icon(name));
  n.badge = h("span.badge", { hidden: "" });
  n.launcher = button({ class: "launcher", "aria-haspopup": "dialog", onclick: () => on.open() }, icon("chat"), h("span", null, t.launcher), n.badge);
  n.subtitle = h("p", null, t.bot);
  n.menu = h(
    "details",
    null,
    (n.summary = h("summary.tool", { "aria-label": t.menu }, icon("menu"))),
    h(
    "div.menu",
    null,
      h("div.segments", { role: "group", "aria-label": t.language }, Object.entries({ en: "English", es: "Español" }).map(([lang, name]) => button({ lang, "aria-pressed": `${lang === t.lang}`, onclick: () => on.speak(lang) }, name))),
      button({ class: "button", onclick: on.ask }, t.end),
    ),
  );
  n.pinned = h("div.pinned", { role: "alert" });
  n.welcome = h(
    "section.welcome",
    null,
    h("h3", null, t.title),
    h("p", null, t.welcome),
    h("p", null, linkify(t.emergency)),
    h("div.row", null, [t.chip1, t.chip2, t.chip3, t.chip4].map((text) => button({ class: "choice", onclick: () => on.send(text) }, text))),
    h("p.small", null, t.privacy),
  );
  n.log = h("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": t.messages });
  n.typing = h("p.typing", { hidden: "" }, h("i"), h("i"), h("i"), (n.typist = h("span")));
  n.scroll = h("div.scroll", { tabindex: 0, role: "region", "aria-label": t.messages }, n.welcome, n.log, n.typing);
  n.status = h("p.small", { role: "status" });
  n.error = h("p.wrong", { role: "alert" });
  n.over = h("div.row", { hidden: "" }, h("p", null, t.closed), button({ class: "button primary", onclick: on.again }, t.again));
  n.composer = buildComposer(n, t, on);
  n.confirm = h(
    "dialog.confirm",
    { "aria-labelledby": "end" },
    h("h3", { id: "end" }, t.endTitle),
    h("p", null, t.endText),
    // The dialog form closes without a line of script, and the first button has the focus: the harmless one.
    h("form", { method: "dialog", class: "row" }, h("button.button", null, t.keep), h("button.button.danger", { onclick: on.end }, t.end)),
  );
  n.panel = h(
    "dialog.panel",
    { "aria-labelledby": "title", lang: t.lang },
    h("header", null, h("span.sign", null, icon("bag")), h("div", null, h("h2", { id: "title" }, pharmacy || t.staff), n.subtitle), n.menu, tool("close", t.close, on.close)),
    n.pinned,
    n.scroll,
    h("footer", null, n.status, n.error, n.composer, n.over),
    n.confirm,
  );
  return n;
}

function buildComposer(n, t, on) {
  const left = h("p.small", { id: "left" });
  n.input = h("textarea", { rows: 1, maxlength: LIMIT, "aria-label": t.message, "aria-describedby": "left", placeholder: t.placeholder, enterkeyhint: "send", autocomplete: "off" });
  const form = h("form.composer", null, n.input, h("button.primary", { "aria-label": t.send }, icon("send")), left);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = n.input.value.trim();
    if (!text) return;
    n.setText("");
    on.send(text);
  });
  n.input.addEventListener("keydown", (event) => {
    // While an input method composes a character, Enter confirms it (229: the same in older browsers).
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  n.input.addEventListener("input", () => {
    n.setText();
    on.typing();
  });
  n.setText = (text = n.input.value) => {
    if (text !== n.input.value) n.input.value = text;
    left.textContent = text.length < WARN_FROM ? "" : `${t.left} ${LIMIT - text.length}`;
    n.input.style.height = "auto";
    n.input.style.height = `${n.input.scrollHeight + 3}px`;
  };
  return form;
}
