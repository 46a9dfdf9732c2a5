/** Which medicine a text is about: one product of the catalogue, or every one of a name and a form. */

import { get, query } from "./api.js";
import { button, h } from "./dom.js";
import { plural } from "./words.js";

const DEBOUNCE = 250;
const SHOWN = 12;

const productName = ({ generic_name, strength, form }) => [generic_name, strength, form].filter(Boolean).join(" ");

export class MedicinePicker {
  #timer;
  #run = 0;
  #product = null;

  /** @param {{product_id, generic_name, form, medicine}} [about] what was chosen before */
  constructor({ product_id, generic_name, form, medicine } = {}) {
    this.input = h("input", { type: "search", id: "medicine", autocomplete: "off", "aria-describedby": "medicine-found medicine-wrong" });
    this.input.addEventListener("input", () => this.#soon());
    this.input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    this.found = h("p.small", { id: "medicine-found", role: "status" });
    this.results = h("ul.picks", { "aria-label": "Medicines found" });
    this.wrong = h("p.problem", { id: "medicine-wrong" });
    this.chosen = h("div.chosen");
    this.searching = h("div.field", null, h("label", { for: "medicine" }, "Medicine"), this.input, this.found, this.results);
    this.node = h("div.stack-small", null, this.chosen, this.searching, this.wrong);
    if (product_id) this.#choose({ product_id }, medicine);
    else if (generic_name) this.#choose({ generic_name, form }, `${generic_name} ${form}, every strength`);
  }

  /** {product_id} or {generic_name, form}; null while nothing is chosen. */
  get value() {
    return this.#product;
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), DEBOUNCE);
  }

  async #find() {
    const run = (this.#run += 1);
    const q = this.input.value.trim();
    this.results.replaceChildren();
    this.found.textContent = "";
    if (q.length < 2) return;
    try {
      const { products } = await get(`/products${query({ q })}`);
      if (run !== this.#run) return;
      this.found.textContent = products.length ? `${plural(products.length, "product", "products")} found.` : "Nothing found.";
      this.results.replaceChildren(...this.#names(products), ...products.slice(0, SHOWN).map((product) => this.#result(product)));
    } catch ({ message }) {
      if (run === this.#run) this.found.textContent = message;
    }
  }

  /** Most texts are the same for every strength: those choices come first. */
  #names(products) {
    const kinds = new Map(products.map(({ generic_name, form }) => [`${generic_name} ${form}`, { generic_name, form }]));
    return [...kinds].slice(0, SHOWN).map(([name, about]) => this.#pick(about, `${name}, every strength`, "every strength"));
  }

  #result(product) {
    const { product_id, brand_names: brands = [] } = product;
    return this.#pick({ product_id }, productName(product), ["only this product", brands.join(", ")].filter(Boolean).join(" · "));
  }

  #pick(about, name, small) {
    const title = about.product_id ? name : `${about.generic_name} ${about.form}`;
    return h("li", null, h("button.pick", { type: "button", onclick: () => this.#choose(about, name, true) }, h("b", null, title), h("span.small", null, small)));
  }

  #choose(about, name, focus = false) {
    this.#product = about;
    this.wrong.textContent = "";
    this.input.removeAttribute("aria-invalid");
    const change = button("Change the medicine", () => this.#again(), { look: "button.small-button" });
    this.chosen.replaceChildren(h("p", null, h("span.small", null, "Medicine "), h("b", null, name)), change);
    this.searching.hidden = true;
    if (focus) change.focus();
    this.onChoose?.();
  }

  #again() {
    this.#product = null;
    this.chosen.replaceChildren();
    this.searching.hidden = false;
    this.input.focus();
    this.#find();
  }

  /** Says what is missing. */
  invalid(text) {
    this.wrong.textContent = text;
    this.input.setAttribute("aria-invalid", "true");
    if (this.searching.hidden) this.#again();
    this.input.focus();
  }
}
