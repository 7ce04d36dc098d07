// A screen of the intake on a line that breaks: the answer goes out without leaving the page, so that nothing pressed or
// typed is lost, and a browser's own error page never stands in its place. The clinic names the next page and does not
// lead to it: what was saved is never called unsaved because that page did not come. Sent again as it was it has the same
// one-time key and is entered once; changed, it is another answer. Without script the form goes as any form.

import { renewOnce } from "./form.js";
import { startKeep } from "./keep.js";

const PATIENCE_MS = 12000;
/** What went out of a form last, without its key. @type {WeakMap<HTMLFormElement, string>} */
const last = new WeakMap();
let busy = false;

startKeep();
document.addEventListener("submit", (event) => onSubmit(/** @type {SubmitEvent} */ (event)));

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-sends]") || event.defaultPrevented) return;
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
  const text = await answer?.text().catch(() => undefined);
  busy = false;
  if (!answer || answer.status >= 500) return unsaved();
  const next = answer.headers.get("X-Next") ?? (answer.redirected ? answer.url : "");
  if (next) location.assign(next);
  else if (text === undefined || !show(text)) unsaved();
}

/** What the clinic would not take, with its reason beside the question, as it came: it is not sent a second time.
 * @param {string} text @returns {boolean} */
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) return false;
  document.querySelector("main")?.replaceWith(document.adoptNode(main));
  document.title = page.title;
  scrollTo(0, 0);
  const wrong = document.querySelector("[data-errors]") ?? document.getElementById("main");
  if (wrong instanceof HTMLElement) wrong.focus();
  return true;
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} pressed */
function words(form, pressed) {
  return JSON.stringify([...new FormData(form, pressed)].filter(([name]) => name !== "once"));
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} pressed @returns {Promise<Response>} */
function post(form, pressed) {
  const body = new URLSearchParams(/** @type {[string, string][]} */ ([...new FormData(form, pressed)]));
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const headers = { "X-Names-Next": "yes" };
  return fetch(form.getAttribute("action") ?? location.pathname, { method: "POST", body, signal, credentials: "same-origin", headers });
}

/** In so many words, with the numbers to call: who needs help does not wait for a connection. */
function unsaved() {
  const note = document.querySelector("[data-waiting]");
  if (!(note instanceof HTMLElement)) return;
  note.hidden = false;
  note.focus();
}
