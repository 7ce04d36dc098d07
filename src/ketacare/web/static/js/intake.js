// A screen of the intake on a line that breaks: the answer goes out without leaving the page, so that nothing pressed or
// typed is lost, and a browser's own error page never stands in its place. Sent again as it was it has the same one-time
// key and is entered once; changed, it is another answer. Without script the form goes as any form.

import { renewOnce } from "./form.js";
import { startKeep } from "./keep.js";

const PATIENCE_MS = 12000;
/** What went out of a form last, without its key. @type {WeakMap<HTMLFormElement, string>} */
const last = new WeakMap();
let busy = false;
/** The clinic answered with this very page, or is not to be asked this way: the form goes as any form. */
let passing = false;

startKeep();
document.addEventListener("submit", (event) => onSubmit(/** @type {SubmitEvent} */ (event)));

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-sends]") || passing || event.defaultPrevented) return;
  event.preventDefault();
  if (!busy) send(form, event.submitter);
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} pressed */
async function send(form, pressed) {
  busy = true;
  const said = words(form, pressed);
  if (last.has(form) && last.get(form) !== said) renewOnce(form);
  last.set(form, said);
  const answer = await post(form, pressed).catch(() => undefined);
  busy = false;
  if (!answer || answer.status >= 500) return unsaved();
  if (answer.redirected) return location.assign(answer.url);
  passing = true;
  form.requestSubmit(pressed);
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} pressed */
function words(form, pressed) {
  return JSON.stringify([...new FormData(form, pressed)].filter(([name]) => name !== "once"));
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} pressed @returns {Promise<Response>} */
function post(form, pressed) {
  const body = new URLSearchParams(/** @type {[string, string][]} */ ([...new FormData(form, pressed)]));
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(form.getAttribute("action") ?? location.pathname, { method: "POST", body, signal, credentials: "same-origin" });
}

/** In so many words, with the numbers to call: who needs help does not wait for a connection. */
function unsaved() {
  const note = document.querySelector("[data-waiting]");
  if (!(note instanceof HTMLElement)) return;
  note.hidden = false;
  note.focus();
}
