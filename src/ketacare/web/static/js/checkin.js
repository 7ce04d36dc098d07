// An answer survives a lost connection: it is kept on this phone before it is sent (store.js), sent again with the same
// one-time key until the clinic has it, and let go only then. Without keys, or without script, the form goes as any form.

import { canKeep, drop, forget, keep, waiting } from "./store.js";
import { startScales } from "./scale.js";

/** @typedef {import("./store.js").Kept} Kept */

const PATIENCE_MS = 12000;
const AGAIN_MS = [2000, 4000, 8000, 15000];
const SENDING = "csrfmiddlewaretoken";
/** Said of the moment and not of the answer: it is sent again. */
const NOT_NOW = new Set([403, 408, 409, 425, 429]);
const NOT_FOUND = 404;
const done = document.body.dataset.done !== undefined;
let loaded = performance.now();
let shownPath = location.pathname;

/** Of one form; nobody is named by it. */
const person = document.body.dataset.form ?? "";
let tries = 0;
let busy = false;
/** This browser keeps nothing: the form goes as any form. */
let passing = false;

if (person && canKeep()) {
  document.addEventListener("submit", (event) => onSubmit(/** @type {SubmitEvent} */ (event)));
  addEventListener("online", () => send());
  addEventListener("popstate", () => shownPath === location.pathname || location.reload());
  send();
}
startScales();

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-answer]")) return;
  if (passing) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  const pressed = event.submitter;
  press(pressed);
  const typed = /** @type {[string, string][]} */ ([...new FormData(form, pressed)].filter(([name]) => name !== SENDING));
  typed.push(["entered_at", now()]);
  const once = typed.find(([name]) => name === "once")?.[1] ?? "";
  keep(person, { once, action: form.getAttribute("action") ?? location.pathname, label: "", fields: typed, at: now() })
    .then(
      () => {
        busy = false;
        send();
      },
      () => pass(form, pressed),
    );
}

/** With the button that was pressed: it is the answer. @param {HTMLFormElement} form @param {HTMLElement | null} pressed */
function pass(form, pressed) {
  passing = true;
  setTimeout(() => form.requestSubmit(pressed)); // within the first submit a browser takes no second
}

/** By the clinic's clock as this page was made, and how long it has been open: phones are often wrong. */
function now() {
  const made = Date.parse(document.body.dataset.at ?? "") || Date.now() - (performance.now() - loaded);
  return new Date(made + performance.now() - loaded).toISOString();
}

/** @param {HTMLElement | null} button */
function press(button) {
  button?.classList.add("answer--sending");
}

/** What waits, in its order: one after the other, each until the clinic has it; on the last page the key goes then. */
async function send() {
  if (busy) return;
  const { mine } = await waiting(person).catch(() => ({ mine: [] }));
  const [first] = /** @type {Kept[]} */ (mine);
  if (!first) return done ? forget(person).catch(() => undefined) : undefined;
  busy = true;
  const answer = await post(first).catch(() => undefined);
  busy = false;
  if (!answer || answer.status >= 500 || (!answer.redirected && NOT_NOW.has(answer.status))) return later();
  // A link that a newer one replaced: what waited stays, and goes out by the newer one when it is opened here.
  if (!answer.redirected && answer.status === NOT_FOUND) return show(await answer.text());
  await drop(first.seq).catch(() => undefined);
  tries = 0;
  if (!answer.ok) show(await answer.text());
  else if (next(answer.headers.get("Content-Location") ?? answer.url, await answer.text())) send();
}

/** The next question stands in the place of this one as it came with the answer: on a slow line it is not fetched twice.
 * Whatever is no question is opened as a page of its own, and so is what the way back leads to.
 * @param {string} url @param {string} text @returns {boolean} */
function next(url, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const { body } = page;
  const isQuestion = body.querySelector("form[data-answer]") !== null && body.dataset.done === undefined;
  if (!isQuestion || body.dataset.form !== person || body.className !== document.body.className) {
    location.assign(url);
    return false;
  }
  history.pushState(null, "", url);
  shownPath = location.pathname;
  loaded = performance.now();
  document.title = page.title;
  document.body.dataset.at = body.dataset.at ?? "";
  document.body.replaceChildren(...[...body.children].filter((part) => part.localName !== "script"));
  scrollTo(0, 0);
  startScales();
  document.getElementById("main")?.focus();
  return true;
}

/** @param {Kept} entry @returns {Promise<Response>} */
async function post(entry) {
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name='${SENDING}']`));
  const body = new URLSearchParams(entry.fields);
  if (token) body.set(SENDING, token.value);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(byThisLink(entry.action), { method: "POST", body, signal, credentials: "same-origin", headers: { "X-Brings-Next": "yes" } });
}

/** The way in which it was answered, by the link that is open now: of the same form there may be a newer one.
 * @param {string} action */
function byThisLink(action) {
  const [, , link] = location.pathname.split("/");
  const parts = action.split("/");
  if (link) parts[2] = link;
  return parts.join("/");
}

/** Said in so many words, with the numbers to call: who waits for help does not wait for a connection. */
function later() {
  const note = document.querySelector("[data-waiting]");
  if (note instanceof HTMLElement && note.hidden) {
    note.hidden = false;
    document.querySelectorAll("[data-answer] button").forEach((button) => button.setAttribute("disabled", ""));
    note.focus();
  }
  setTimeout(() => send(), AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
  tries += 1;
}

/** What the clinic would not take, with its reason beside the question. @param {string} text */
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (!main) return location.reload();
  document.querySelector("main")?.replaceWith(document.adoptNode(main));
  startScales();
  document.getElementById("main")?.focus();
}
