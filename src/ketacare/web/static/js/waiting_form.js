// The forms that charting is typed into (waiting.js): which they are, what stands in them, and how it comes back.

import { clinicTime } from "./clock.js";

const TYPED_IN = "input:not([type='hidden'], [type='radio'], [type='checkbox']), textarea";
/** Not what was typed: they belong to the sending. */
const OF_THE_SENDING = new Set(["csrfmiddlewaretoken", "once", "entered_at"]);

/** @param {HTMLFormElement} form @param {HTMLElement | null} button @returns {[string, string][]} */
export function typedIn(form, button) {
  /** @type {[string, string][]} */
  const typed = [];
  for (const [name, value] of new FormData(form, button)) {
    if (typeof value === "string" && value !== "" && !OF_THE_SENDING.has(name)) typed.push([name, value]);
  }
  return typed;
}

/** @param {HTMLFormElement} form @returns {(HTMLInputElement | HTMLTextAreaElement)[]} */
export function textsOf(form) {
  return /** @type {any} */ ([...form.querySelectorAll(TYPED_IN)]);
}

/** Nothing else is typed there since. @param {HTMLFormElement} form */
export function isFree(form) {
  return textsOf(form).every((field) => field.value === "");
}

/** The page may draw a part anew while its answer is awaited, or later: then the same form stands there as another element.
 * @param {HTMLFormElement} form @returns {HTMLFormElement} */
export function standing(form) {
  if (form.isConnected) return form;
  const same = [...document.querySelectorAll("form[data-wait]")].find((one) => nameOf(/** @type {HTMLFormElement} */ (one)) === nameOf(form));
  return /** @type {HTMLFormElement | undefined} */ (same) ?? form;
}

/** Which form of the page it is: where it goes, what it enters, and for what (its hidden fields). @param {HTMLFormElement} form */
function nameOf(form) {
  const given = [...form.querySelectorAll("input[type='hidden']")].map((field) => /** @type {HTMLInputElement} */ (field));
  const about = given.filter((field) => !OF_THE_SENDING.has(field.name)).map((field) => [field.name, field.value]);
  return JSON.stringify([form.getAttribute("action"), form.dataset.wait, form.dataset.keep, about]);
}

/** @param {HTMLFormElement} form @param {[string, string][]} typed */
export function fill(form, typed) {
  /** @type {Map<string, number>} */
  const nth = new Map();
  for (const [name, value] of typed) {
    const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(`[name='${CSS.escape(name)}']`)]);
    const choice = fields.find((field) => ["radio", "checkbox"].includes(field.type) && field.value === value);
    const place = fields.filter((field) => field.matches(`${TYPED_IN}, select`))[nth.get(name) ?? 0];
    if (choice) choice.checked = true;
    else if (place) place.value = value;
    nth.set(name, (nth.get(name) ?? 0) + 1);
  }
}

/** @param {Document | undefined} page @returns {HTMLInputElement[]} */
export function confirmsIn(page) {
  return [...(page?.querySelectorAll("input[name='confirm']") ?? [])].map((box) => /** @type {HTMLInputElement} */ (box));
}

/** What was typed, and not the tick that it is right nor what that was asked of. @param {[string, string]} field */
export function isTyped([name]) {
  return name !== "confirm" && !name.endsWith("_asked");
}

/** What is written of an entry that is not kept. What was given in an emergency is not lost with its form, but for another
 * patient's. @param {import("./store.js").Kept} entry @param {string} reason */
export function notKept({ action, label, fields, at }, reason) {
  const what = action.endsWith("/emergency/") && reason !== "Wrong patient" ? fields.map(([, value]) => (value === "drug" ? "" : ` ${value}`)).join("") : "";
  return `Not kept: ${label.toLowerCase()}${what} of ${clinicTime(at)}, entered on a screen without a connection. ${reason}.`;
}
