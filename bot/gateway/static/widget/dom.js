/** Builds DOM without parsing HTML: what anybody sends can only become text. */

/** A name is tag.class; properties on… are listeners; false and undefined are left out. */
export function h(name, props, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes[0]) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat(2).filter((child) => child));
  return node;
}

export const button = (look, onclick, ...content) => h(`button.${look}`, { type: "button", onclick }, ...content);

/** For screen readers only. */
export const sr = (text) => h("span.sr", null, text);

const ICONS = {
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  bag: "M5 8h14l1 13H4zM9 8V6a3 3 0 0 1 6 0v2M12 12v5M9 14h6",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M5 7h14M5 12h14M5 17h14",
  send: "M4 12h15M13 6l6 6-6 6",
  check: "M5 12l5 5L19 7",
  clock: "M12 7v5l4 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  alert: "M12 4L2 20h20zM12 10v4M12 17v1",
  phone: "M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4C12 20 4 12 6 3z",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
};

/** Decorative. */
export function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const LINK =
  /https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]|(?<![\w.$#-])(?:(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}|911|988)(?![\w-]|\.\d)/g;

export const tel = (number) => `tel:${String(number).replace(/[^\d+]/g, "")}`;

/** Text with web addresses and US phone numbers as links. */
export function linkify(value) {
  const text = String(value ?? "");
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const web = found.startsWith("http") && { target: "_blank", rel: "noreferrer" };
    parts.push(text.slice(from, index), h("a", { href: web ? found : tel(found), ...web }, found));
    from = index + found.length;
  }
  return [...parts, text.slice(from)];
}

export const firstParagraph = (text) => String(text).split("\n\n")[0];
