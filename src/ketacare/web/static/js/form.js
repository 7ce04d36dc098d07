// Forms: what was understood is shown at once, and one press sends once.

import { PARSERS } from "./parse.js";
import { uuid } from "./uuid.js";

/** Listen on the document, so fragments htmx brings in are served too. */
export function startForms() {
  document.addEventListener("input", (event) => readBack(event.target));
  document.addEventListener("submit", stopSecond, { capture: true });
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:afterRequest", (event) => release(event.target));
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
  document.querySelectorAll("[data-parse]").forEach(readBack);
}

/** @param {EventTarget | null} input */
function readBack(input) {
  if (!(input instanceof HTMLInputElement) || !input.dataset.parse) return;
  const output = input.closest(".field")?.querySelector("[data-read]");
  if (!(output instanceof HTMLElement)) return;
  const parser = PARSERS[input.dataset.parse];
  const reading = input.value.trim() && parser ? parser(input.value) : { ok: true, words: "" };
  output.textContent = reading.words;
  output.toggleAttribute("data-wrong", !reading.ok);
}

/** The server enters a once key only once; this spares the second press, before htmx queues it under a new key.
 * @param {SubmitEvent} event */
function stopSecond(event) {
  if (!(event.target instanceof HTMLFormElement) || !event.target.dataset.sending) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  form.dataset.sending = "yes";
  setTimeout(() => release(form), 8000);
}

/** @param {EventTarget | null} form */
function release(form) {
  if (form instanceof HTMLFormElement) delete form.dataset.sending;
}

/** A fresh once key, for a form used again without a reload (event buttons). @param {HTMLFormElement} form */
export function renewOnce(form) {
  const once = form.querySelector("input[name='once']");
  if (once instanceof HTMLInputElement) once.value = uuid();
}

// After a fragment form was answered, the next tap is a new entry.
document.addEventListener("htmx:afterRequest", (event) => {
  const detail = /** @type {CustomEvent} */ (event).detail;
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  if (form instanceof HTMLFormElement && detail?.successful) renewOnce(form);
});
