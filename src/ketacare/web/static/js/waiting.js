// Charting at the chair goes through a queue on this device, so that it survives a lost network, a crashed tab and a
// restarted machine. A form with data-wait="what it is" is kept (store.js) before it is sent, sent in order with its
// one-time key and the time at which it was entered, and let go only when the server has it. What the server refuses
// comes back to the person with its text.

import { serverNow } from "./clock.js";
import { renewOnce } from "./form.js";
import { letGo, settle } from "./keep.js";
import { refresh } from "./refresh.js";
import { canKeep, drop, forget, keep, keepAgain, waiting } from "./store.js";
import { draw, startBar } from "./waiting_bar.js";

/** @typedef {import("./store.js").Entry} Entry
 * @typedef {import("./store.js").Kept} Kept
 * @typedef {{ state: "saved" | "away" | "busy" | "sign in" | "refused", page?: Document }} Answer */

const ANSWER_WITHIN_MS = 8000;
const AGAIN_MS = 5000;
const SAME_PRESS_MS = 700;
const KEPT = "Not saved: kept on this device, sent when the connection returns";
const REFUSED = "Not saved. Your entry is kept on this screen.";
const TYPED_IN = "input:not([type='hidden'], [type='radio'], [type='checkbox']), textarea";
/** Not what was typed: they belong to the sending. */
const OF_THE_SENDING = new Set(["csrfmiddlewaretoken", "once", "entered_at"]);

let person = "";
/** While the queue cannot be sent, why: shown in the bar. */
let held = "";
let lastPress = { words: "", at: -Infinity };
let leaving = false;
/** Forms whose text came back, and when it was entered. @type {Map<HTMLFormElement, string>} */
const refused = new Map();

export function startWaiting() {
  person = document.body.dataset.person ?? "";
  if (!person || !canKeep()) return;
  document.addEventListener("submit", (event) => onSubmit(/** @type {SubmitEvent} */ (event)), { capture: true });
  document.addEventListener("live:lost", () => show());
  document.addEventListener("live:back", () => send());
  document.addEventListener("page:exchanged", remark);
  document.addEventListener("input", onEmptied);
  addEventListener("online", () => send());
  setInterval(() => count > 0 && send(), AGAIN_MS);
  startBar({ discard, again, correct });
  send();
}

/** How many of this person's entries wait, as last seen. */
let count = 0;

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.matches("[data-sign-out]") && !leaving) {
    take(event);
    leave(form);
  } else if (form.matches("[data-wait]")) {
    take(event);
    if (isSecondPress(form, event.submitter)) return;
    enter(form, event.submitter).catch(() => form.submit());
  }
}

/** From here on the form is ours: neither htmx nor the browser sends it too. @param {Event} event */
function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** A finger that lands twice has tapped once. @param {HTMLFormElement} form @param {HTMLElement | null} button */
function isSecondPress(form, button) {
  const words = `${form.action} ${JSON.stringify(typedIn(form, button))}`;
  const again = words === lastPress.words && performance.now() - lastPress.at < SAME_PRESS_MS;
  lastPress = { words, at: performance.now() };
  return again;
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button @returns {[string, string][]} */
function typedIn(form, button) {
  /** @type {[string, string][]} */
  const typed = [];
  for (const [name, value] of new FormData(form, button)) {
    if (typeof value === "string" && value !== "" && !OF_THE_SENDING.has(name)) typed.push([name, value]);
  }
  return typed;
}

/** Kept first, then sent. @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function enter(form, button) {
  const once = form.querySelector("input[name='once']");
  /** @type {Entry} */
  const entry = {
    once: once instanceof HTMLInputElement && once.value ? once.value : crypto.randomUUID(),
    action: form.getAttribute("action") ?? location.pathname,
    label: form.dataset.wait ?? "Entry",
    fields: typedIn(form, button),
    at: form.dataset.enteredAt ?? new Date(serverNow() ?? Date.now()).toISOString(),
  };
  const seq = await keep(person, entry);
  renewOnce(form);
  if (held === "away" || document.documentElement.dataset.connection === "lost") {
    empty(form);
    settle(form, KEPT, false);
    await send();
    return;
  }
  settle(form, "Saving…", false);
  const answer = (await send()).get(seq);
  const now = standing(form);
  if (answer?.state === "refused" && now.isConnected) {
    await drop(seq);
    await show();
    return showRefused(now, answer.page, entry);
  }
  empty(now);
  const saved = answer?.state === "saved";
  settle(now, saved ? `✓ Saved ${new Date().toTimeString().slice(0, 5)}` : KEPT, saved);
  if (!saved) return;
  leaveDrawn(now);
  refresh("all");
}

/** A part in which somebody types is not drawn anew: with the last field saved nobody does. @param {HTMLFormElement} form */
function leaveDrawn(form) {
  const field = document.activeElement;
  if (field instanceof HTMLElement && form.contains(field) && field.closest("[data-refresh]")) field.blur();
}

/** The page may draw a part anew while its answer is awaited, or later: then the same form stands there as another element.
 * @param {HTMLFormElement} form @returns {HTMLFormElement} */
function standing(form) {
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

/** What was refused stays marked, with the time of its first entry, when its form is drawn anew. */
function remark() {
  for (const [form, at] of [...refused]) {
    const now = standing(form);
    if (now === form) continue;
    refused.delete(form);
    refused.set(now, at);
    now.dataset.enteredAt = at;
    settle(now, REFUSED, false);
  }
}

/** What was refused has been wiped: what is typed from here on is another entry, of its own moment. @param {Event} event */
function onEmptied(event) {
  const form = event.target instanceof Element ? event.target.closest("form[data-wait]") : null;
  if (!(form instanceof HTMLFormElement) || !form.dataset.enteredAt) return;
  if ([...form.querySelectorAll(TYPED_IN)].every((field) => /** @type {HTMLInputElement} */ (field).value === "")) empty(form);
}

/** What was typed is in the queue or saved: the fields are free for the next. @param {HTMLFormElement} form */
function empty(form) {
  letGo(form);
  refused.delete(form);
  if (form.dataset.enteredAt) document.querySelectorAll("[data-errors]").forEach((list) => list.remove());
  delete form.dataset.enteredAt;
  form.querySelectorAll("[data-refused-with]").forEach((part) => part.remove());
  for (const field of form.querySelectorAll(TYPED_IN)) {
    const place = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (field);
    place.value = "";
    place.dispatchEvent(new Event("input"));
  }
}

/** The page that refused it says why; the form keeps what was typed and gets the boxes that confirm it (E1, E2).
 * @param {HTMLFormElement} form @param {Document | undefined} page @param {Entry} entry */
function showRefused(form, page, entry) {
  form.dataset.enteredAt = entry.at;
  refused.set(form, entry.at);
  settle(form, REFUSED, false);
  document.querySelectorAll("[data-errors]").forEach((list) => list.remove());
  form.querySelectorAll("[data-refused-with]").forEach((part) => part.remove());
  const errors = page?.querySelector("[data-errors]");
  for (const box of confirmsIn(page)) {
    const line = /** @type {HTMLElement} */ (box.closest("label")?.cloneNode(true) ?? box.cloneNode(true));
    line.dataset.refusedWith = "";
    form.append(line);
  }
  const place = document.getElementById("main");
  if (!errors || !place) return;
  place.prepend(document.importNode(errors, true));
  /** @type {HTMLElement | null} */ (place.querySelector("[data-errors]"))?.focus();
}

/** @param {Document | undefined} page @returns {HTMLInputElement[]} */
function confirmsIn(page) {
  return [...(page?.querySelectorAll("input[name='confirm']") ?? [])].map((box) => /** @type {HTMLInputElement} */ (box));
}

/** One tab at a time sends, in the order of entry; the first that gets no answer holds back those behind it.
 * @returns {Promise<Map<number, Answer>>} */
async function send() {
  /** @type {Map<number, Answer>} */
  const answers = new Map();
  await alone(async () => {
    const { mine } = await waiting(person);
    held = "";
    for (const entry of mine.filter((one) => !one.refused)) {
      const answer = await sendOne(entry);
      answers.set(entry.seq, answer);
      if (!(await isSettled(entry, answer))) break;
    }
  });
  await show();
  return answers;
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
    const confirm = confirmsIn(answer.page).map((box) => box.value);
    await keepAgain(person, { ...entry, refused: words.length ? words : ["It cannot be saved any more."], confirm });
    return true;
  }
  held = answer.state;
  return false;
}

/** @param {Kept} entry @returns {Promise<Answer>} */
async function sendOne(entry) {
  const token = document.querySelector("input[name='csrfmiddlewaretoken']");
  const body = new URLSearchParams(entry.fields);
  body.set("once", entry.once);
  body.set("entered_at", entry.at);
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

/** What waits, as the bar shows it. */
async function show() {
  const { mine, others } = await waiting(person);
  count = mine.filter((one) => !one.refused).length;
  const lost = document.documentElement.dataset.connection === "lost";
  draw({ mine, others, lost, held });
}

/** @param {Kept} entry @param {string} reason */
async function discard(entry, reason) {
  await drop(entry.seq);
  if (!entry.trace) {
    const words = `Not kept: ${entry.label.toLowerCase()} of ${clock(entry.at)}, entered on a screen without a connection. ${reason}.`;
    await keep(person, { once: crypto.randomUUID(), action: traceOf(entry.action), label: "Remark", fields: [["words", words]], at: new Date(serverNow() ?? Date.now()).toISOString(), trace: true });
  }
  await send();
}

/** The session's own door for remarks. @param {string} action */
function traceOf(action) {
  return action.replace(/[^/]+\/$/, "event/");
}

/** Right as entered. @param {Kept} entry */
async function again(entry) {
  /** @type {[string, string][]} */
  const confirmed = (entry.confirm ?? []).map((name) => ["confirm", name]);
  await keepAgain(person, { ...entry, refused: undefined, confirm: undefined, fields: [...entry.fields, ...confirmed] });
  await send();
}

/** Back into its form, with the time at which it was first entered. @param {Kept} entry */
async function correct(entry) {
  const form = [...document.querySelectorAll("form[data-wait][data-keep]")].find((one) => one.getAttribute("action") === entry.action && entry.fields.every(([name]) => one.querySelector(`[name='${CSS.escape(name)}']`)));
  if (!(form instanceof HTMLFormElement)) return false;
  for (const [name, value] of entry.fields) {
    const field = form.querySelector(`[name='${CSS.escape(name)}']`);
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
  }
  form.dataset.enteredAt = entry.at;
  settle(form, "Not saved: kept on this screen", false);
  await drop(entry.seq);
  await show();
  form.scrollIntoView({ block: "center" });
  return true;
}

/** Signing out destroys the key: whoever has entries waiting is asked first. @param {HTMLFormElement} form */
async function leave(form) {
  await send();
  const { mine } = await waiting(person);
  if (mine.length && form.dataset.asked !== "yes") {
    form.dataset.asked = "yes";
    return draw({ mine, others: 0, lost: document.documentElement.dataset.connection === "lost", held, signingOut: () => leave(form) });
  }
  await forget(person);
  leaving = true;
  form.requestSubmit();
}

/** @param {string} iso */
function clock(iso) {
  return new Date(iso).toTimeString().slice(0, 5);
}
