// On a page that watches patients nothing that is pressed may take the page away: with it would go the numbers, their cover,
// the alarm sound, the emergency card and what waits (D2, D9, H22, H41). A plain form is sent by a script first, and the
// browser follows only what the server has answered: the one-time key makes both one entry. What was not sent is told at
// once, and stays until somebody says that it is written down (H16, H17).

import { pressNow } from "./clock.js";
import { say } from "./page.js";
import { keepUnsent, wasSent } from "./unsent.js";
import { typedIn } from "./waiting_form.js";

const PLAIN = "form[method=post]:not([data-wait], [hx-post], [data-sign-out])";
const ANSWER_WITHIN_MS = 8000;
const REACHED_WITHIN_MS = 3000;
const NOT_SENT = "Not sent: no connection. Write it down; the bedside monitor is the alarm.";
const STAYS = "No connection: this page stays open. Open the other when the connection is back.";

/** Answered: the browser may send it now. */
let passing = false;
/** Under way: a second press is the same press, also on a form that was drawn anew meanwhile. @type {Set<string>} */
const sending = new Set();

export function startSteps() {
  document.addEventListener("submit", onSubmit, { capture: true });
  // After every other: what opens a part of this page, as the emergency card, is no way off it.
  addEventListener("click", onLink);
}

/** Only a page that watches has something to lose. */
function watches() {
  return document.querySelector("[data-live]") !== null;
}

/** @param {SubmitEvent} event */
async function onSubmit(event) {
  const form = event.target;
  if (passing || !(form instanceof HTMLFormElement) || !form.matches(PLAIN) || !watches()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const entry = { ...pressed(form, event.submitter), ...pressNow() };
  const press = JSON.stringify([entry.action, entry.label, entry.fields]);
  if (sending.has(press)) return;
  sending.add(press);
  stepping(true);
  try {
    if (!(await send(form, event.submitter, entry))) stepping(false);
  } finally {
    sending.delete(press);
  }
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button @param {import("./store.js").Entry} entry
 * @returns {Promise<boolean>} whether the browser follows now */
async function send(form, button, entry) {
  const isHelp = form.action.endsWith("/help/");
  const lost = document.documentElement.dataset.connection === "lost";
  // Help that nobody elsewhere may hear of sounds here at once.
  if (isHelp && lost) document.dispatchEvent(new CustomEvent("help:called"));
  const answered = isTriedFirst(form) ? await post(form, button) : await isReached();
  if (answered) {
    await wasSent(entry);
    follow(form, button);
    return true;
  }
  if (isHelp && !lost) document.dispatchEvent(new CustomEvent("help:called"));
  if (!(await keepUnsent(entry))) say(`${entry.label}: ${NOT_SENT}`, 0);
  return false;
}

/** Seen while an answer is waited for, until the next page is there. @param {boolean} underWay */
function stepping(underWay) {
  const { dataset } = document.documentElement;
  if (underWay) dataset.stepping = "yes";
  else delete dataset.stepping;
  if (underWay) setTimeout(() => stepping(false), ANSWER_WITHIN_MS + REACHED_WITHIN_MS);
}

/** A password counts each time it is sent, and without its key an entry would be made twice. @param {HTMLFormElement} form */
function isTriedFirst(form) {
  return form.querySelector("input[name='once']") !== null && form.querySelector("input[type='password']") === null;
}

/** What was pressed, without what is secret. @param {HTMLFormElement} form @param {HTMLElement | null} button */
function pressed(form, button) {
  const once = form.querySelector("input[name='once']");
  const shown = [...form.querySelectorAll("input:not([type='hidden'], [type='password']), textarea, select")].map((field) => /** @type {HTMLInputElement} */ (field).name);
  return {
    once: once instanceof HTMLInputElement ? once.value : "",
    action: form.getAttribute("action") ?? location.pathname,
    label: (button?.textContent?.trim() || form.getAttribute("aria-label")) ?? "Entry",
    fields: typedIn(form, button).filter(([name]) => shown.includes(name)),
  };
}

/** Whether the server has answered it, be it with a refusal. @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function post(form, button) {
  const written = new FormData(form, button);
  // As the browser writes it: the same entry is the same to the letter.
  const lines = (/** @type {string} */ words) => words.replace(/\r\n|\r|\n/g, "\r\n");
  const plain = [...written].filter(([, value]) => typeof value === "string").map(([name, value]) => [lines(name), lines(String(value))]);
  const body = form.enctype === "multipart/form-data" ? written : new URLSearchParams(plain);
  const address = button?.getAttribute("formaction") ?? form.action;
  try {
    const answer = await fetch(address, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

async function isReached() {
  const icon = document.querySelector("link[rel='icon']");
  const address = icon instanceof HTMLLinkElement ? icon.href : "/";
  const answer = await fetch(address, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(REACHED_WITHIN_MS) }).catch(() => null);
  return answer !== null && answer.status < 500;
}

/** Also where its part was drawn anew by what it changed. @param {HTMLFormElement} form @param {HTMLElement | null} button */
function follow(form, button) {
  if (!form.isConnected) {
    form.hidden = true;
    document.body.append(form);
  }
  passing = true;
  form.requestSubmit(button?.isConnected ? button : null);
  passing = false;
}

/** @param {MouseEvent} event */
async function onLink(event) {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const own = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!(link instanceof HTMLAnchorElement) || !own || event.defaultPrevented || !watches()) return;
  const here = link.origin === location.origin && link.pathname === location.pathname && link.search === location.search && link.hash;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin || here) return;
  event.preventDefault();
  stepping(true);
  if (await isReached()) return location.assign(link.href);
  stepping(false);
  say(STAYS);
}
