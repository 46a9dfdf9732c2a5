/** Who is at the desk. The code is asked for only when the server wants one. */

import { post } from "./api.js";
import { h } from "./dom.js";
import { shows } from "./fields.js";
import { withWait } from "./time.js";

/**
 * Resolves after a sign-in.
 * @param {HTMLElement} place @param {string} said why somebody is here again
 */
export function signIn(place, said) {
  return new Promise((resolve) => {
    const username = input({ name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
    const password = input({ name: "password", type: "password", autocomplete: "current-password" });
    const code = input({ name: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12 });
    const codeField = h("div.field", { hidden: "" }, h("label", { for: "code" }, "Code from your authenticator app"), code);
    const error = h("p.problem", { role: "alert" });
    const go = h("button.button.primary", { type: "submit" }, "Sign in");
    const form = h(
      "form",
      { novalidate: "" },
      h("div.field", null, h("label", { for: "username" }, "User name"), username),
      h("div.field", null, h("label", { for: "password" }, "Password"), password),
      shows("Show what I type").node,
      codeField,
      error,
      go,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const empty = [username, password, ...(codeField.hidden ? [] : [code])].find(({ value }) => !value.trim());
      if (empty) {
        error.textContent = "Please fill in every field.";
        return empty.focus();
      }
      go.disabled = true;
      const body = { username: username.value.trim(), password: password.value };
      if (!codeField.hidden) body.code = code.value.replaceAll(/\s/g, "");
      try {
        await post("/login", body);
        password.value = code.value = "";
        resolve();
      } catch (problem) {
        refused(problem);
      }
      go.disabled = false;
    });

    function refused(problem) {
      const { code: what } = problem;
      if (what === "code_required" && codeField.hidden) {
        codeField.hidden = false;
        error.textContent = "";
        return code.focus();
      }
      error.textContent = withWait(problem);
      code.value = "";
      (codeField.hidden ? password : code).select();
    }

    const info = h("p.info", { role: "status" });
    place.replaceChildren(h("main.gate", { id: "main" }, h("h1", null, "Willcall desk"), info, form));
    info.textContent = said; // after it is on the page, so that it is announced
    username.focus();
  });
}

const input = (props) => h("input", { id: props.name, type: "text", required: "", ...props });
