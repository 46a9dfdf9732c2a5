/** Changing one's own password: the present one is asked for, and the new one twice. */

import { post } from "./api.js";
import { ask } from "./dialogs.js";
import { shows } from "./fields.js";
import { withWait } from "./time.js";

const TEXT = "12 characters or more. A few words that do not belong together are easy to keep in mind. All your other sessions end.";

/** Resolves to whether it was changed. */
export function changePassword() {
  const field = (name, label, autocomplete) => ({ name, label, autocomplete, kind: "password", required: true });
  const fields = [
    field("present", "Present password", "current-password"),
    field("new", "New password", "new-password"),
    field("again", "New password again", "new-password"),
    { name: "show", own: shows("Show what I type") },
  ];
  return ask({ title: "Change password", text: TEXT, fields, submit: "Change password" }, async (typed) => {
    if (typed.new !== typed.again) throw new Error("The two new passwords are not the same.");
    try {
      await post("/password", { present: typed.present, new: typed.new });
    } catch (problem) {
      throw new Error(withWait(problem));
    }
  });
}
