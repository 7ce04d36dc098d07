// Charting at the chair goes through a queue on this device, so that it survives a lost network, a crashed tab and a
// restarted machine. A form with data-wait="what it is" is kept (store.js) before it is sent, sent in order with its
// one-time key and the time at which it was entered, and let go only when the server has it. What the server refuses
// comes back to the person with its text.

import { asServer, clinicTime, pressNow } from "./clock.js";
import { renewOnce } from "./form.js";
import { letGo, settle } from "./keep.js";
import { refresh } from "./refresh.js";
import { canKeep, drop, forget, keep, keepAgain, waiting } from "./store.js";
import { notSent, trace } from "./unsent.js";
import { uuid } from "./uuid.js";
import { draw, startBar } from "./waiting_bar.js";
import { confirmsIn, fill, isFree, isTyped, notKept, standing, textsOf, typedIn } from "./waiting_form.js";

/** @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./store.js").Kept} Kept
 * @typedef {{ state: "saved" | "away" | "busy" | "sign in" | "refused", page?: Document }} Answer */

const ANSWER_WITHIN_MS = 8000;
const AGAIN_MS = 5000;
const SAME_PRESS_MS = 700;
const SIGN_OUT_WAITS_MS = 3000;
const KEPT = "Not saved: kept on this device, sent when the connection returns";
const REFUSED = "Not saved. Your entry is kept on this screen.";

let person = "";
/** While the queue cannot be sent, why: shown in the bar. */
let held = "";
let lastPress = { action: "", pressed: "", words: "", at: -Infinity };
let leaving = false;
/** This browser keeps nothing: the form goes as any form. */
let passing = false;
/** The question before signing out, and what it was asked of. @type {{ form: HTMLFormElement, of: string } | undefined} */
let asking;
/** Forms whose text came back, when it was entered, and as what it waits until it is entered anew.
 * @type {Map<HTMLFormElement, { at: string, own?: boolean, seq: number }>} */
const refused = new Map();

export function startWaiting() {
  person = document.body.dataset.person ?? "";
  if (!person || !canKeep()) return;
  document.addEventListener("submit", (event) => onSubmit(/** @type {SubmitEvent} */ (event)), { capture: true });
  document.addEventListener("live:lost", () => show());
  document.addEventListener("live:back", () => send());
  document.addEventListener("waiting:changed", () => show());
  document.addEventListener("page:exchanged", remark);
  document.addEventListener("input", onEmptied);
  addEventListener("online", () => send());
  setInterval(() => count > 0 && send(), AGAIN_MS);
  startBar({ discard, again, correct, writtenDown });
  for (const form of document.querySelectorAll("form[data-waits-as]")) {
    if (form instanceof HTMLFormElement) bind(form, { ...enteredIn(form), seq: Number(form.dataset.waitsAs) });
  }
  send();
}

/** What was last answered to each entry, by whichever sending: one sends all that waits.
 * @type {Map<number, Answer>} */
const answered = new Map();
/** The sending that has not begun yet: it will send all that is kept by then. @type {Promise<void> | undefined} */
let queued;

/** How many of this person's entries wait, as last seen. */
let count = 0;

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || passing) return;
  if (form.matches("[data-sign-out]") && !leaving) {
    take(event);
    leave(form);
  } else if (form.matches("[data-wait]")) {
    take(event);
    if (isSecondPress(form, event.submitter)) return;
    enter(form, event.submitter);
  }
}

/** From here on the form is ours: neither htmx nor the browser sends it too. @param {Event} event */
function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** A finger that lands twice has tapped once, also where the first has emptied the fields. @param {HTMLFormElement} form @param {HTMLElement | null} button */
function isSecondPress(form, button) {
  const words = `${form.action} ${JSON.stringify(typedIn(form, button))}`;
  const pressed = button instanceof HTMLButtonElement ? `${button.name}=${button.value}` : "";
  const emptied = form.action === lastPress.action && pressed === lastPress.pressed && textsOf(form).length > 0 && isFree(form);
  const again = (words === lastPress.words || emptied) && performance.now() - lastPress.at < SAME_PRESS_MS;
  lastPress = { action: form.action, pressed, words, at: performance.now() };
  return again;
}

/** Kept first, then sent. The next press is another entry from now on, however slow this disk is.
 * @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function enter(form, button) {
  const once = form.querySelector("input[name='once']");
  /** @type {Entry} */
  const entry = {
    once: once instanceof HTMLInputElement && once.value ? once.value : uuid(),
    action: form.getAttribute("action") ?? location.pathname,
    label: form.dataset.wait ?? "Entry",
    fields: typedIn(form, button),
    ...(form.dataset.waitsAs ? enteredIn(form) : pressNow()),
  };
  const words = textsOf(form).map((field) => field.value);
  renewOnce(form);
  /** @type {number} */
  let seq;
  try {
    seq = await keep(person, entry);
  } catch {
    return pass(form, button);
  }
  const here = standing(form);
  const before = refused.get(here);
  empty(here, words);
  if (before) await drop(before.seq);
  const away = held === "away" || document.documentElement.dataset.connection === "lost";
  if (away && (await beginsUnheard(here, entry))) document.dispatchEvent(new CustomEvent("help:called"));
  if (isFree(here)) settle(here, away ? KEPT : "Saving…", false);
  await send();
  const answer = answered.get(seq);
  answered.delete(seq);
  const now = standing(form);
  if (answer?.state === "refused" && now.isConnected && isFree(now)) return showRefused(now, answer.page, { ...entry, seq });
  // Another tab may have sent it, and keeps the answer to itself.
  const still = answer ? undefined : (await waiting(person)).mine.find((one) => one.seq === seq);
  const saved = answer ? answer.state === "saved" : !still;
  const not = still?.refused ? REFUSED : KEPT;
  if (isFree(now)) settle(now, saved ? `✓ Saved ${clinicTime(new Date())}` : not, saved);
  if (!saved) return;
  leaveDrawn(now);
  refresh("all");
}

/** The first press of an emergency that nobody elsewhere hears of yet. @param {HTMLFormElement} form @param {Entry} entry */
async function beginsUnheard(form, { action }) {
  if (!action.endsWith("/emergency/") || form.closest(".emergency--on")) return false;
  return (await waiting(person)).mine.filter((one) => one.action === action && !one.unsent).length === 1;
}

/** With the button that was pressed: it may be the entry. Not within the first submit, where a browser takes no second.
 * @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function pass(form, button) {
  await new Promise((resolve) => setTimeout(resolve));
  passing = true;
  form.requestSubmit(button?.isConnected ? button : null);
  passing = false;
}

/** A part in which somebody types is not drawn anew: with the last field saved nobody does. @param {HTMLFormElement} form */
function leaveDrawn(form) {
  const field = document.activeElement;
  if (field instanceof HTMLElement && form.contains(field) && isFree(form) && field.closest("[data-refresh]")) field.blur();
}

/** What was refused stays marked, with the time of its first entry, when its form is drawn anew. */
function remark() {
  for (const [form, what] of [...refused]) {
    const now = standing(form);
    if (now === form) continue;
    refused.delete(form);
    bind(now, what);
    settle(now, REFUSED, false);
  }
}

/** What was refused has been wiped: what is typed from here on is another entry, of its own moment. @param {Event} event */
function onEmptied(event) {
  const form = event.target instanceof Element ? event.target.closest("form[data-wait]") : null;
  if (!(form instanceof HTMLFormElement) || !form.dataset.waitsAs) return;
  if (!textsOf(form).length || !isFree(form)) return;
  const wiped = refused.get(form);
  empty(form, []);
  if (wiped) drop(wiped.seq).then(show);
}

/** What was typed is in the queue: the fields are free for the next, but for what was typed in them since.
 * @param {HTMLFormElement} form @param {string[]} words */
function empty(form, words) {
  letGo(form);
  refused.delete(form);
  if (form.dataset.waitsAs) document.querySelectorAll("[data-errors]").forEach((list) => list.remove());
  delete form.dataset.enteredAt;
  delete form.dataset.enteredOwn;
  delete form.dataset.waitsAs;
  form.querySelectorAll("[data-refused-with]").forEach((part) => part.remove());
  textsOf(form).forEach((field, nth) => {
    if (field.value !== words[nth]) return;
    field.value = "";
    field.dispatchEvent(new Event("input"));
  });
  if (!isFree(form)) form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Back into its form, where it is kept with what is typed (keep.js). @param {HTMLFormElement} form @param {Kept} entry */
function giveBack(form, entry) {
  fill(form, entry.fields);
  bind(form, entry);
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

/** As it was entered, by whichever clock: the server's time is put to it when it is sent (asServer).
 * @param {HTMLFormElement} form @param {{ at: string, own?: boolean, seq: number }} what */
function bind(form, { at, own, seq }) {
  refused.set(form, { at, own, seq });
  Object.assign(form.dataset, { enteredAt: at, enteredOwn: own ? "yes" : "", waitsAs: String(seq) });
}

/** @param {HTMLFormElement} form */
function enteredIn({ dataset }) {
  return { at: dataset.enteredAt ?? "", own: dataset.enteredOwn === "yes" };
}

/** The page that refused it says why; the form gets back what was typed, and the boxes that confirm it (E1, E2).
 * @param {HTMLFormElement} form @param {Document | undefined} page @param {Kept} entry */
async function showRefused(form, page, entry) {
  const boxes = confirmsIn(page);
  const typed = entry.fields.some(([name]) => form.querySelector(`[name='${CSS.escape(name)}']:not(button, [type='hidden'])`));
  if ((typed && textsOf(form).length) || boxes.length) giveBack(form, entry);
  if (form.dataset.keep === undefined) await drop(entry.seq);
  await show();
  settle(form, REFUSED, false);
  document.querySelectorAll("[data-errors]").forEach((list) => list.remove());
  form.querySelectorAll("[data-refused-with]").forEach((part) => part.remove());
  const errors = page?.querySelector("[data-errors]");
  for (const box of boxes) {
    const line = /** @type {HTMLElement} */ (box.closest("label")?.cloneNode(true) ?? box.cloneNode(true));
    line.dataset.refusedWith = "";
    form.append(line);
  }
  const place = document.getElementById("main");
  if (!errors || !place) return;
  place.prepend(document.importNode(errors, true));
  /** @type {HTMLElement | null} */ (place.querySelector("[data-errors]"))?.focus();
}

/** Sends all that is kept now. On a line that answers nothing, one that sends and one behind it are enough.
 * @returns {Promise<void>} */
function send() {
  if (queued) return queued;
  const own = sendAll();
  queued = own;
  own.catch(() => {
    if (queued === own) queued = undefined;
  });
  return own;
}

/** One tab at a time sends, in the order of entry; the first that gets no answer holds back those behind it. */
async function sendAll() {
  await alone(async () => {
    queued = undefined;
    const { mine } = await waiting(person);
    held = "";
    for (const entry of mine.filter((one) => !one.refused && !one.unsent)) {
      let answer = await sendOne(entry);
      if (answer.page?.querySelector("[data-spent]")) answer = await sendAnew(entry);
      answered.set(entry.seq, answer);
      if (!(await isSettled(entry, answer))) break;
    }
  });
  await show();
}

/** @param {() => Promise<void>} act */
async function alone(act) {
  if (navigator.locks) await navigator.locks.request("waiting", act);
  else await act();
}

/** @param {Kept} entry @param {Answer} answer @returns {Promise<boolean>} whether the next may be sent */
async function isSettled(entry, answer) {
  if (answer.state === "saved" || (answer.state === "refused" && entry.trace)) {
    await drop(entry.seq);
    return true;
  }
  if (answer.state === "refused") {
    const words = [...(answer.page?.querySelectorAll("[data-errors] li") ?? [])].map((line) => line.textContent?.trim() ?? "");
    /** @type {NodeListOf<HTMLInputElement> | undefined} */
    const inputs = answer.page?.querySelectorAll(".choice--confirm input");
    /** @type {[string, string][]} */
    const confirm = [...(inputs ?? [])].map(({ name, value }) => [name, value]);
    await keepAgain(person, { ...entry, refused: words.length ? words : ["It cannot be saved any more."], confirm });
    return true;
  }
  held = answer.state;
  return false;
}

/** Its key was spent on another entry: it is one of its own. @param {Kept} entry @returns {Promise<Answer>} */
async function sendAnew(entry) {
  entry.once = uuid();
  await keepAgain(person, entry);
  return sendOne(entry);
}

/** @param {Kept} entry @returns {Promise<Answer>} */
async function sendOne(entry) {
  const token = document.querySelector("input[name='csrfmiddlewaretoken']");
  const body = new URLSearchParams(entry.fields);
  body.set("once", entry.once);
  const at = asServer(entry);
  if (at) body.set("entered_at", at);
  body.set("csrfmiddlewaretoken", token instanceof HTMLInputElement ? token.value : "");
  try {
    // As htmx asks, so that a page to sign in never looks like "saved".
    const answer = await fetch(entry.action, { method: "POST", body, headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (answer.ok && !answer.redirected) return { state: "saved" };
    if (answer.status === 401) return { state: "sign in" };
    if (answer.status === 409 || answer.status === 429) return { state: "busy" };
    if (answer.status >= 500 || answer.redirected) return { state: "away" };
    if (await isStaleToken(answer)) return { state: "sign in" };
    return { state: "refused", page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  } catch {
    return { state: "away" };
  }
}

/** A page from before the last sign-in carries a token that is over: the next page sends it. @param {Response} answer */
async function isStaleToken(answer) {
  return answer.status === 403 && (await answer.clone().text()).includes("data-csrf-failed");
}

/** What waits, as the bar shows it: what stands in its form again is seen there. */
async function show() {
  const { mine, others } = await waiting(person);
  count = mine.filter((one) => !one.refused && !one.unsent).length;
  const lost = document.documentElement.dataset.connection === "lost";
  const inForms = new Set([...refused].filter(([form]) => form.isConnected).map(([, { seq }]) => seq));
  if (asking?.of !== setOf(mine)) asking = undefined;
  const form = asking?.form;
  draw({
    mine: form ? mine : mine.filter((one) => !inForms.has(one.seq)),
    others,
    lost,
    held,
    signingOut: form && (() => leave(form, true)),
    staying: () => {
      asking = undefined;
      return show();
    },
  });
}

/** @param {Kept[]} entries */
function setOf(entries) {
  return entries.map(({ seq }) => seq).join();
}

/** @param {Kept} entry @param {string} reason */
async function discard(entry, reason) {
  await drop(entry.seq);
  if (!entry.trace) await leaveTrace(entry, notKept(entry, reason));
  await send();
}

/** A step that was not sent and stands on paper now: everybody reads of it in the timeline. @param {Kept} entry */
async function writtenDown(entry) {
  await drop(entry.seq);
  await leaveTrace(entry, notSent(entry));
  await send();
}

/** @param {Kept} entry @param {string} words */
async function leaveTrace(entry, words) {
  await keep(person, trace(entry, pressNow(), words));
}

/** Right as entered. @param {Kept} entry */
async function again(entry) {
  const { confirm = [], fields } = entry;
  await keepAgain(person, { ...entry, refused: undefined, confirm: undefined, fields: [...fields, ...confirm] });
  await send();
}

/** Back into its form, with the time at which it was first entered. It waits until it is entered anew.
 * @param {Kept} entry @returns {Promise<string>} why not */
async function correct(entry) {
  const fields = entry.fields.filter(isTyped);
  const form = [...document.querySelectorAll("form[data-wait][data-keep]")].find((one) => one.getAttribute("action") === entry.action && fields.every(([name]) => one.querySelector(`[name='${CSS.escape(name)}']`)));
  if (!(form instanceof HTMLFormElement)) return "Open its session to correct it";
  if (!isFree(form)) return "Save first what stands in its form";
  giveBack(form, { ...entry, fields });
  await show();
  form.scrollIntoView({ block: "center" });
  return "";
}

/** Signing out destroys the key: whoever has entries waiting is asked first, each time. @param {HTMLFormElement} form @param {boolean} asked */
async function leave(form, asked = false) {
  try {
    await briefly(send());
    const mine = (await briefly(waiting(person)))?.mine ?? [];
    if (mine.length && !asked) {
      asking = { form, of: setOf(mine) };
      return await show();
    }
    await briefly(forget(person));
  } catch {
    // This browser keeps nothing that could be lost.
  }
  leaving = true;
  form.requestSubmit();
}

/** Whoever signs out does not wait for a line, or a disk, that never answers.
 * @template T @param {Promise<T>} act @returns {Promise<T | undefined>} */
function briefly(act) {
  return Promise.race([act, new Promise((done) => setTimeout(() => done(undefined), SIGN_OUT_WAITS_MS))]);
}
