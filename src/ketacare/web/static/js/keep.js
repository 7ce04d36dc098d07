// Typed text is kept on this screen until the server says it is saved, and never after sign-out.
//
// A form with data-keep="name" is kept in sessionStorage under person, address and name. On a cut connection it is sent
// again with the same once key, so it cannot be entered twice. A private text (data-sealed) is kept closed (sealed.js).

import { renewOnce } from "./form.js";
import { canSeal, seal, unseal } from "./sealed.js";

const PREFIX = "kept:";
const SENT = "sent";
const SPENT = "spent";
const RETRY_MS = [1000, 3000, 10000, 30000];
const SPANISH = document.documentElement.lang.startsWith("es");
const KEPT = SPANISH ? "Sin guardar: se conserva en esta pestaña" : "Not saved: kept on this screen";
const NOTHING_KEPT = SPANISH
  ? "Sin guardar, y este navegador no conserva nada: no deje la página"
  : "Not saved, and this browser keeps nothing: do not leave the page";
const SAVING = SPANISH ? "Guardando…" : "Saving…";
/** How often a form's text was taken: closing takes a moment, and an older text is not put over a newer one.
 * @type {WeakMap<HTMLFormElement, number>} */
const taken = new WeakMap();
/** @type {WeakSet<HTMLFormElement>} */
const unkept = new WeakSet();

/** Begin keeping every form that asks for it. */
export function startKeep() {
  forgetAnswered();
  forgetOthers();
  document.querySelectorAll("form[data-keep]").forEach((form) => restore(/** @type {HTMLFormElement} */ (form)));
  document.addEventListener("input", onInput);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:afterRequest", onAnswer);
  document.addEventListener("htmx:sendError", onCut);
}

/** By where the form goes, which is the same when it comes back refused under another address. @param {HTMLFormElement} form */
function slot(form) {
  return `${PREFIX}${document.body.dataset.person ?? ""}:${form.getAttribute("action") ?? ""}:${form.dataset.keep}`;
}

/** @param {EventTarget | null} target @returns {HTMLFormElement | null} */
function keptForm(target) {
  return target instanceof Element ? target.closest("form[data-keep]") : null;
}

/** @param {Event} event */
function onInput(event) {
  const form = keptForm(event.target);
  if (!form) return;
  mark(form, KEPT, false);
  store(form);
}

/** Does what is typed here outlive the page? @param {HTMLFormElement} form */
export function isKept(form) {
  return form.dataset.keep !== undefined && !unkept.has(form) && (form.dataset.sealed === undefined || canSeal());
}

/** @param {HTMLFormElement} form */
function store(form) {
  /** @type {[string, string][]} */
  const typed = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !isSecret(form, name)) typed.push([name, value]);
  }
  const words = JSON.stringify(typed);
  if (form.dataset.sealed === undefined) put(form, words);
  else putSealed(form, form.dataset.sealed, words);
}

/** @param {HTMLFormElement} form @param {string} words */
function put(form, words) {
  try {
    sessionStorage.setItem(slot(form), words);
  } catch {
    unkept.add(form);
    mark(form, NOTHING_KEPT, false);
  }
}

/** @param {HTMLFormElement} form @param {string} key @param {string} words */
async function putSealed(form, key, words) {
  if (!canSeal()) return mark(form, NOTHING_KEPT, false);
  const turn = (taken.get(form) ?? 0) + 1;
  taken.set(form, turn);
  const closed = await seal(key, slot(form), words);
  if (taken.get(form) === turn) put(form, closed);
}

/** Keys, tokens and passwords are not typed text; the once key is kept so a retry is the same entry.
 * @param {HTMLFormElement} form @param {string} name */
function isSecret(form, name) {
  return name === "csrfmiddlewaretoken" || form.querySelector(`input[type='password'][name='${CSS.escape(name)}']`) !== null;
}

/** @param {HTMLFormElement} form */
function restore(form) {
  const kept = sessionStorage.getItem(slot(form));
  if (!kept || document.querySelector("[data-errors]")) return;
  if (form.dataset.sealed === undefined) return again(form, kept);
  if (!canSeal()) return;
  unseal(form.dataset.sealed, slot(form), kept).then((words) => {
    if (words === null) sessionStorage.removeItem(slot(form));
    else if (!taken.has(form)) again(form, words);
  });
}

/** @param {HTMLFormElement} form @param {string} kept */
function again(form, kept) {
  /** @type {[string, string][]} */
  const typed = JSON.parse(kept);
  if (sameAsServer(form, typed)) return sessionStorage.removeItem(slot(form));
  form.querySelectorAll("input[type='radio'], input[type='checkbox']").forEach((box) => {
    /** @type {HTMLInputElement} */ (box).checked = false;
  });
  const spent = sessionStorage.getItem(SPENT) === slot(form);
  for (const [name, value] of typed) if (!spent || name !== "once") fill(form, name, value);
  if (spent) sessionStorage.removeItem(SPENT);
  mark(form, KEPT, false);
}

/** @param {HTMLFormElement} form @param {[string, string][]} typed */
function sameAsServer(form, typed) {
  const shown = new FormData(form);
  return typed.every(([name, value]) => name === "once" || name === "version" || shown.getAll(name).includes(value));
}

/** A newer version on the page stays: the server must see the conflict, not a forged match.
 * @param {HTMLFormElement} form @param {string} name @param {string} value */
function fill(form, name, value) {
  for (const field of form.querySelectorAll(`[name='${CSS.escape(name)}']`)) {
    if (field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox")) {
      if (field.value === value) field.checked = true;
    } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
      if (field.type !== "file") field.value = value;
    }
  }
}

/** @param {Event} event */
function onSubmit(event) {
  const form = keptForm(event.target);
  if (form) {
    if (!form.hasAttribute("hx-post")) sessionStorage.setItem(SENT, slot(form));
    mark(form, SAVING, false);
    return;
  }
  if (event.target instanceof Element && event.target.closest("[data-sign-out]")) forgetAll();
}

/** A form swapped away by its answer does not hear of it: what stood around it does. @param {Event} event */
function onAnswer(event) {
  const detail = /** @type {CustomEvent} */ (event).detail;
  const form = keptForm(detail?.requestConfig?.elt ?? event.target);
  if (!form || !detail?.xhr?.status) return;
  const shown = form.isConnected ? form : [...document.forms].find((other) => slot(other) === slot(form)) ?? form;
  if (!detail.successful) {
    if (shown.querySelector("[data-spent]")) renewOnce(shown);
    return mark(shown, "Not saved. Your entry is kept on this screen.", false);
  }
  sessionStorage.removeItem(slot(form));
  delete form.dataset.tries;
  mark(shown, `✓ Saved ${new Date().toTimeString().slice(0, 5)}`, true);
}

/** The connection broke: the same entry, with the same once key, is sent again. @param {Event} event */
function onCut(event) {
  const form = keptForm(event.target);
  if (!form) return;
  store(form);
  const tries = Number(form.dataset.tries ?? 0);
  form.dataset.tries = String(tries + 1);
  mark(form, "Not saved. Kept on this screen; trying again. It will not be entered twice.", false);
  const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
  setTimeout(() => {
    if (form.isConnected) form.requestSubmit();
  }, wait);
}

/** What waiting.js says of a form it has taken. @param {HTMLFormElement} form @param {string} words @param {boolean} saved */
export function settle(form, words, saved) {
  mark(form, words, saved);
}

/** It is kept elsewhere, or saved. @param {HTMLFormElement} form */
export function letGo(form) {
  sessionStorage.removeItem(slot(form));
}

/** @param {HTMLFormElement} form @param {string} words @param {boolean} saved */
function mark(form, words, saved) {
  const place = form.querySelector("[data-saved]");
  if (!place) return;
  if (place.textContent === words) return;
  const line = document.createElement("span");
  line.className = saved ? "saved__yes" : "saved__not";
  line.textContent = words;
  place.replaceChildren(line);
}

/** A page that loads after a plain post, with nothing refused, means the server has the entry. Going back does not. */
function forgetAnswered() {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  const [visit] = performance.getEntriesByType("navigation");
  const wentBack = /** @type {PerformanceNavigationTiming | undefined} */ (visit)?.type === "back_forward";
  if (sent && !wentBack && !document.querySelector("[data-errors]")) sessionStorage.removeItem(sent);
}

/** Another person's text is never shown, and does not stay. The sign-in page (nobody yet) leaves text for its writer. */
function forgetOthers() {
  const person = document.body.dataset.person;
  if (!person) return;
  for (const key of keys()) {
    if (!key.startsWith(`${PREFIX}${person}:`)) sessionStorage.removeItem(key);
  }
}

/** Nothing typed about a patient outlives the person's session. */
export function forgetAll() {
  keys().forEach((key) => sessionStorage.removeItem(key));
}

function keys() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
}
