// Typed text is kept on this screen until the server says it is saved, and never after sign-out.
//
// A form with data-keep="name" is kept in sessionStorage under person, address and name. On a cut connection it is sent
// again with the same once key, so it cannot be entered twice. A private text (data-sealed) is kept closed (sealed.js).

import { clinicTime } from "./clock.js";
import { renewOnce } from "./form.js";
import { canSeal, seal, unseal } from "./sealed.js";

const PREFIX = "kept:";
const SENT = "sent";
const SPENT = "spent";
const BOTH = "both";
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
/** Forms whose text went out as it stands: the key is that text's and no other's. @type {WeakSet<HTMLFormElement>} */
const sent = new WeakSet();
/** By which button it went: it may be the entry. @type {WeakMap<HTMLFormElement, HTMLElement | null>} */
const pressed = new WeakMap();
/** Forms that have their kept text, or one that is newer. @type {WeakSet<HTMLFormElement>} */
const known = new WeakSet();
/** What waiting.js holds of it belongs to the text. */
const OF_THE_QUEUE = ["enteredAt", "enteredOwn", "waitsAs"];
/** Of the sending or the server, not of the person. */
const NOT_TYPED = new Set(["once", "version"]);
const signedOut = new BroadcastChannel("signed-out");
/** By then the server has heard of it too. */
const LEAVES_MS = 1000;

/** Begin keeping every form that asks for it. */
export function startKeep() {
  const refused = forgetAnswered();
  forgetOthers();
  // A page that says what was refused shows the refused text itself.
  if (refused !== undefined) restoreIn(document, refused);
  document.addEventListener("input", onInput);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:afterRequest", onAnswer);
  document.addEventListener("htmx:sendError", onCut);
  document.addEventListener("htmx:timeout", onCut);
  document.addEventListener("htmx:afterSettle", onDrawn);
  document.addEventListener("click", onLink);
  if (document.body.dataset.person) signedOut.addEventListener("message", leaveToo);
}

/** @param {Node} part @param {string} but */
function restoreIn(part, but) {
  for (const form of document.forms) {
    if (form.dataset.keep === undefined || known.has(form) || !part.contains(form) || slot(form) === but) continue;
    known.add(form);
    restore(form);
  }
}

/** A part that htmx drew may hold other forms than the one that was sent. What was refused comes with its text.
 * @param {Event} event */
function onDrawn(event) {
  const { successful, requestConfig } = /** @type {CustomEvent} */ (event).detail ?? {};
  const form = keptForm(requestConfig?.elt ?? null);
  if (event.target instanceof Node) restoreIn(event.target, form && !successful ? slot(form) : "");
}

/** Who leaves by a link did not wait for the answer. @param {Event} event */
function onLink(event) {
  if (event.target instanceof Element && event.target.closest("a[href]")) sessionStorage.removeItem(SENT);
}

/** Signed out in another tab: nothing of it stays here either. */
function leaveToo() {
  forgetAll();
  document.body.hidden = true;
  setTimeout(() => location.reload(), LEAVES_MS);
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
  if (sent.has(form)) renewOnce(form);
  sent.delete(form);
  known.add(form);
  mark(form, KEPT, false);
  store(form);
}

/** Does what is typed here outlive the page? @param {HTMLFormElement} form */
export function isKept(form) {
  return form.dataset.keep !== undefined && !unkept.has(form) && (form.dataset.sealed === undefined || canSeal());
}

/** @param {HTMLFormElement} form @returns {[string, string][]} */
function typedIn(form) {
  /** @type {[string, string][]} */
  const typed = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !isSecret(form, name)) typed.push([name, value]);
  }
  return typed;
}

/** The one-time key stays with what was sent under it, so that a retry is the same entry; other words are another.
 * @param {HTMLFormElement} form */
function store(form) {
  const typed = typedIn(form).filter(([name]) => name !== "once" || sent.has(form));
  for (const name of OF_THE_QUEUE) if (form.dataset[name]) typed.push([`:${name}`, form.dataset[name] ?? ""]);
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

/** Tokens and passwords are not typed text. @param {HTMLFormElement} form @param {string} name */
function isSecret(form, name) {
  return name === "csrfmiddlewaretoken" || form.querySelector(`input[type='password'][name='${CSS.escape(name)}']`) !== null;
}

/** @param {HTMLFormElement} form */
function restore(form) {
  const kept = sessionStorage.getItem(slot(form));
  if (!kept) return;
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
  const both = shownBoth(form);
  const spent = both || sessionStorage.getItem(SPENT) === slot(form);
  if (spent) sessionStorage.removeItem(SPENT);
  /** @type {Map<string, number>} */
  const nth = new Map();
  for (const [name, value] of typed) {
    if (name.startsWith(":")) form.dataset[name.slice(1)] = value;
    else if (!spent || name !== "once") fill(form, name, value, nth);
  }
  if (!spent && nth.has("once")) sent.add(form);
  if (both) writeOver(form, both[0], both[1]);
  mark(form, KEPT, false);
}

/** Was this form's text shown beside what somebody else had saved first? @param {HTMLFormElement} form
 * @returns {[string, string] | undefined} the field that says over what a text was written, and what stands now */
function shownBoth(form) {
  const [place, name, now] = JSON.parse(sessionStorage.getItem(BOTH) ?? "[]");
  if (place !== slot(form)) return undefined;
  sessionStorage.removeItem(BOTH);
  return [name, now];
}

/** Who has seen both texts saves over what stands now, as an entry of its own (I4).
 * @param {HTMLFormElement} form @param {string} name @param {string} now */
function writeOver(form, name, now) {
  const field = form.querySelector(`input[name='${CSS.escape(name)}']`);
  if (field instanceof HTMLInputElement) field.value = now;
  sent.delete(form);
  renewOnce(form);
  store(form);
}

/** @param {HTMLFormElement} form @param {[string, string][]} typed */
function sameAsServer(form, typed) {
  const words = (/** @type {[string, string][]} */ list) => JSON.stringify(list.filter(([name]) => !NOT_TYPED.has(name) && !name.startsWith(":")));
  return words(typed) === words(typedIn(form));
}

/** Of several fields of one name (the rows of a list) each gets its own; the version too is the one it was typed against,
 * so that the server sees a conflict.
 * @param {HTMLFormElement} form @param {string} name @param {string} value @param {Map<string, number>} nth */
function fill(form, name, value, nth) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(`:is(input, textarea, select)[name='${CSS.escape(name)}']:enabled`)]);
  const isChoice = (/** @type {HTMLInputElement} */ field) => field.type === "radio" || field.type === "checkbox";
  const choice = fields.find((field) => isChoice(field) && field.value === value);
  if (choice) {
    choice.checked = true;
    return;
  }
  const at = nth.get(name) ?? 0;
  nth.set(name, at + 1);
  const field = fields.filter((field) => !isChoice(field) && field.type !== "file")[at];
  if (field) field.value = value;
}

/** @param {Event} event */
function onSubmit(event) {
  const form = keptForm(event.target);
  if (form) {
    if (event.defaultPrevented && !form.hasAttribute("hx-post")) return;
    unspend(form);
    sent.add(form);
    pressed.set(form, /** @type {SubmitEvent} */ (event).submitter);
    store(form);
    if (!form.hasAttribute("hx-post")) leave(form);
    mark(form, SAVING, false);
    return;
  }
  if (!(event.target instanceof Element) || !event.target.closest("[data-sign-out]")) return;
  forgetAll();
  signedOut.postMessage("");
}

/** @param {HTMLFormElement} form */
function leave(form) {
  try {
    sessionStorage.setItem(SENT, JSON.stringify([slot(form), here()]));
  } catch {
    // No storage, nothing kept.
  }
}

function here() {
  return location.href.split("#")[0];
}

/** A form swapped away by its answer does not hear of it: what stood around it does. @param {Event} event */
function onAnswer(event) {
  const detail = /** @type {CustomEvent} */ (event).detail;
  const form = keptForm(detail?.requestConfig?.elt ?? event.target);
  if (!form || !detail?.xhr?.status) return;
  const shown = form.isConnected ? form : [...document.forms].find((other) => slot(other) === slot(form)) ?? form;
  if (!detail.successful) {
    if (unspend(shown)) {
      renewOnce(shown);
      sent.delete(form);
    }
    const both = shown.querySelector("[data-both]");
    if (both instanceof HTMLElement) {
      writeOver(shown, both.dataset.field ?? "", both.dataset.now ?? "");
      both.remove();
    }
    return mark(shown, "Not saved. Your entry is kept on this screen.", false);
  }
  delete form.dataset.tries;
  // What was typed since is not saved yet.
  if (!sent.has(form)) return;
  letGo(form);
  mark(shown, `✓ Saved ${clinicTime(new Date())}`, true);
}

/** The mark of a key that was spent is of one answer: what is refused later for another reason may have been entered.
 * @param {HTMLFormElement} form @returns {boolean} whether it was marked */
function unspend(form) {
  const marks = form.querySelectorAll("[data-spent]");
  marks.forEach((mark) => mark.remove());
  return marks.length > 0;
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
    const button = pressed.get(form);
    if (form.isConnected) form.requestSubmit(button?.isConnected ? button : null);
  }, wait);
}

/** What waiting.js says of a form it has taken. @param {HTMLFormElement} form @param {string} words @param {boolean} saved */
export function settle(form, words, saved) {
  mark(form, words, saved);
}

/** It is kept elsewhere, or saved. @param {HTMLFormElement} form */
export function letGo(form) {
  sent.delete(form);
  taken.set(form, (taken.get(form) ?? 0) + 1);
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

/** A page that the form itself led to, with nothing refused, means that the server has the entry. A bookmark, the way
 * back and a second loading do not: the connection may have been cut.
 * @returns {string | undefined} the place of what this page says was refused; undefined where it does not say of which */
function forgetAnswered() {
  const [place, from] = lastSent();
  const [visit] = performance.getEntriesByType("navigation");
  const led = /** @type {PerformanceNavigationTiming | undefined} */ (visit)?.type === "navigate" && document.referrer === from;
  if (document.querySelector("[data-errors]")) return place;
  if (led && place) sessionStorage.removeItem(place);
  return "";
}

/** As leave() wrote it. A page from before an update wrote the place alone: the text stays, nobody says that it is saved.
 * @returns {string[]} */
function lastSent() {
  const text = sessionStorage.getItem(SENT) ?? "[]";
  sessionStorage.removeItem(SENT);
  try {
    return JSON.parse(text);
  } catch {
    return [text];
  }
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
