/** What is always there, and the identity form. */

import { button, h, icon, linkify, sr } from "./dom.js";

let forms = 0;
const LIMIT = 2000;
const WARN_FROM = 1800;

/** Returns the nodes by name; `on` says what buttons do. */
export function buildView(chat, on) {
  const { t } = chat;
  const n = {};
  const speak = (lang, name) => h("button", { lang, "aria-pressed": `${lang === t.lang}`, onclick: () => on.speak(lang) }, name);
  n.badge = h("span.badge", { hidden: "" });
  n.launcher = button("launcher", () => chat.open(), icon("chat"), h("span", null, t.launcher), n.badge);
  n.subtitle = h("p", null, t.bot);
  n.menu = h(
    "details",
    null,
    (n.summary = h("summary.tool", null, icon("menu"), sr(t.menu))),
    h("div.menu", null, h("div.segments", null, speak("en", "English"), speak("es", "Español")), button("button", on.ask, t.end)),
  );
  n.pinned = h("div.pinned", { role: "alert" });
  n.welcome = h(
    "section.welcome",
    null,
    h("h3", null, t.title),
    h("p", null, t.welcome),
    h("p", null, linkify(t.emergency)),
    h("div.row", null, t.chips.split("|").map((text) => button("choice", () => on.send(text), text))),
    h("p.small", null, t.privacy),
  );
  n.log = h("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": t.messages });
  const answer = (helpful, text) => button("button", () => on.help(helpful), text);
  n.help = h("div.row.help", { hidden: "" }, (n.asks = h("span", { role: "status" })), (n.answers = h("span.row", null, answer(true, t.yes), answer(false, t.no))));
  n.typing = h("p.typing", { hidden: "" }, h("i"), h("i"), h("i"), (n.typist = h("span")));
  n.scroll = h("div.scroll", { tabindex: 0, role: "region", "aria-label": t.messages }, n.welcome, n.log, n.help, n.typing);
  n.status = h("p.small", { role: "status" });
  n.error = h("p.wrong", { role: "alert" });
  n.over = h("button.button.primary", { hidden: "", onclick: on.again }, t.again);
  n.composer = buildComposer(n, chat, on);
  n.confirm = h(
    "dialog.confirm",
    { "aria-labelledby": "end" },
    h("h3", { id: "end" }, t.endTitle),
    h("p", null, t.endText),
    // the first button has the focus: the harmless one
    h("form.row", { method: "dialog" }, h("button.button", null, t.keep), h("button.button.danger", { onclick: on.end }, t.end)),
  );
  n.panel = h(
    "dialog.panel",
    { "aria-labelledby": "title", lang: t.lang },
    h("div.top", null, h("span.sign", null, icon("bag")), h("div", null, h("h2", { id: "title" }, chat.getAttribute("pharmacy") || t.staff), n.subtitle), n.menu, button("tool", () => chat.close(), icon("close"), sr(t.close))),
    n.pinned,
    n.scroll,
    h("div.foot", null, n.status, n.error, n.composer, n.over),
    n.confirm,
  );
  return n;
}

function buildComposer(n, { t, chat }, on) {
  const left = h("p.small", { id: "left" });
  n.input = h("textarea", { rows: 1, maxlength: LIMIT, "aria-label": t.message, "aria-describedby": "left", placeholder: t.placeholder, enterkeyhint: "send" });
  const form = h("form.composer", null, n.input, h("button.primary", null, icon("send"), sr(t.send)), left);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = n.input.value.trim();
    if (!text) return;
    n.setText("");
    on.send(text);
  });
  n.input.addEventListener("keydown", (event) => {
    // an input method uses Enter itself (229: in older browsers)
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  n.input.addEventListener("input", () => {
    n.setText();
    chat.typing();
  });
  n.setText = (text = n.input.value) => {
    if (text !== n.input.value) n.input.value = text;
    left.textContent = text.length < WARN_FROM ? "" : `${t.left} ${LIMIT - text.length}`;
    n.input.style.height = "auto";
    n.input.style.height = `${n.input.scrollHeight + 3}px`;
  };
  return form;
}

/** What is typed here is kept nowhere. */
export function identityForm(event, context) {
  const { t } = context;
  const fields = buildFields(t, `id${(forms += 1)}-`);
  const failed = h("p.wrong", { role: "alert" });
  const submit = h("button.button.primary", null, t.submit);
  const decline = () => {
    context.say({ type: "message", text: t.decline });
    context.focus();
  };
  const onsubmit = async (submitted) => {
    submitted.preventDefault();
    failed.textContent = "";
    const values = submit.ariaDisabled !== "true" && readFields(fields, t);
    if (!values) return;
    submit.ariaDisabled = "true"; // `disabled` would drop the keyboard focus
    try {
      await context.verify(values);
      form.remove();
      context.focus();
    } catch ({ status, message }) {
      failed.textContent = message || t.notSent;
      // locked: another try cannot help
      if (status !== 423) submit.ariaDisabled = "false";
    }
  };
  const form = h(
    "form.card",
    { novalidate: "", "aria-label": t.identityTitle, onsubmit },
    h("p.head", null, icon("lock"), h("b", null, t.identityTitle)),
    fields.rows,
    failed,
    h("div.row", null, submit, button("button", decline, t.decline)),
  );
  const item = h("div.item.bot", null, sr(t.bot), h("div.bubble", null, linkify(event.text)), form);
  item.settle = (open) => open || form.remove();
  return item;
}

function buildFields(t, prefix) {
  const field = (name, props) => h("input", { name, id: prefix + name, "aria-describedby": `${prefix}${name}-wrong`, autocomplete: "off", ...props });
  const date = (name) => field(name, { inputmode: "numeric", maxlength: name === "year" ? 4 : 2, autocomplete: `bday-${name}`, "aria-describedby": `${prefix}month-wrong` });
  const label = ({ id }, text) => h("label", { for: id }, text);
  const wrong = ({ id }) => h("p.wrong", { id: `${id}-wrong` });
  const last = field("name", { autocomplete: "family-name" });
  const [month, day, year] = ["month", "day", "year"].map(date);
  const rx = field("rx_number");
  const phone = field("phone", { type: "tel", autocomplete: "tel" });
  const proofs = [rx, phone].map((input) => h("div.field", null, label(input, t[input.name]), input, h("p.small", null, t[`${input.name}_hint`]), wrong(input)));
  const pick = (input, index) => {
    const radio = h("input", { type: "radio", name: `${prefix}proof`, onchange: () => proofs.forEach((row) => (row.hidden = row !== proofs[index])) });
    radio.checked = index === 0;
    return h("label", null, radio, t[input.name]);
  };
  proofs[1].hidden = true;
  const rows = [
    h("div.field", null, label(last, t.last_name), last, wrong(last)),
    h("fieldset", null, h("legend", null, t.birth), h("div.parts", null, [month, day, year].map((input) => h("div", null, label(input, t[input.name]), input))), wrong(month)),
    h("fieldset", null, h("legend", null, t.proof), h("div.segments", null, [rx, phone].map(pick))),
    proofs,
  ];
  return { rows, last, month, day, year, rx, phone, proofs };
}

/** Returns the values, or says what is missing. */
function readFields({ last, month, day, year, rx, phone, proofs }, t) {
  const birth = isoDate(year.value, month.value, day.value);
  const proof = proofs[0].hidden ? phone : rx;
  const digits = proof.value.replace(/\D/g, "").length;
  const wrong = [
    [last, !last.value.trim(), t.needName],
    [month, !birth, t.needBirth],
    [proof, proof === rx ? !rx.value.trim() : digits < 10 || digits > 15, t[`${proof.name}_need`]],
  ].filter(([input, bad, text]) => {
    input.ariaInvalid = String(bad);
    input.getRootNode().getElementById(`${input.id}-wrong`).textContent = bad ? text : "";
    return bad;
  });
  if (!wrong.length) return { last_name: last.value.trim(), date_of_birth: birth, [proof.name]: proof.value.trim() };
  wrong[0][0].focus();
}

/** YYYY-MM-DD of a plausible birthday; else null. */
function isoDate(...parts) {
  const [year, month, day] = parts.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && year >= 1900 && date < new Date() ? date.toISOString().slice(0, 10) : null;
}
