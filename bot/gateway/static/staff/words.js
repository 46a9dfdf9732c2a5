/** What the desk calls things. */

export const PRIORITIES = { urgent: "Urgent", soon: "Soon", routine: "Routine" };
export const QUEUES = { counter: "Counter", pharmacist: "Pharmacist" };
export const ROLES = { technician: "technician", pharmacist: "pharmacist", admin: "administrator" };
export const LANGUAGES = { en: "English", es: "Spanish" };
export const OUTCOMES = {
  answered: "Answered",
  called: "Called the patient",
  sent_to_prescriber: "Sent to the prescriber",
  told_to_seek_care: "Told to seek care",
  no_reply: "No reply from the patient",
  duplicate: "Duplicate",
  nothing_to_do: "Nothing to do",
};
export const KINDS = { unanswered: "Not answered", unsure: "Answered unsurely", not_helpful: "No help" };
export const INSTRUCTION_STATES = { draft: "Draft", second: "Waits for a second pharmacist", active: "Active", replaced: "Replaced", retired: "Retired" };
export const MODEL_STATES = {
  queued: "Waits to be taught",
  training: "Being taught",
  testing: "Being tested",
  passed: "Passed",
  refused: "Refused",
  failed: "Failed",
  active: "Active",
  retired: "Retired",
};
export const STATUSES = { new: "New", answered: "Answered", labelled: "Labelled", dismissed: "Dismissed" };

/** A value that is not known here is shown as it came. */
export const word = (words, value) => (Object.hasOwn(words, value) ? words[value] : String(value ?? ""));
export const person = (who) => who?.display_name || who?.username || "";
/** Some answers name a person, some only the user name. */
export const who = (whoever) => (typeof whoever === "string" ? whoever : person(whoever));
export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
