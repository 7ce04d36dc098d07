// The bar at the foot of the page that says what is not saved yet (H22, G7): it lies over the page and moves nothing.

import { clinicTime } from "./clock.js";
import { isTyped } from "./waiting_form.js";

/** @typedef {import("./store.js").Kept} Kept
 * @typedef {{ discard: (entry: Kept, reason: string) => Promise<void>, again: (entry: Kept) => Promise<void>, writtenDown: (entry: Kept) => Promise<void>, correct: (entry: Kept) => Promise<string> }} Acts
 * @typedef {{ mine: Kept[], others: number, lost: boolean, held: string, signingOut?: () => void, staying: () => void }} Shown */

const REASONS = ["A slip", "Entered already", "Wrong patient"];

/** @type {HTMLElement} */
let bar;
/** @type {Acts} */
let acts;
let drawn = "";

/** @param {Acts} given */
export function startBar(given) {
  acts = given;
  bar = element("section", "waiting");
  bar.setAttribute("aria-label", "Entries not saved yet");
  bar.hidden = true;
  document.body.append(bar);
}

/** @param {Shown} shown */
export function draw(shown) {
  const { mine, others, lost, held, signingOut, staying } = shown;
  const key = JSON.stringify([mine.map((one) => [one.seq, one.refused]), others, lost, held, Boolean(signingOut)]);
  bar.hidden = !mine.length && !others && !lost;
  document.body.classList.toggle("has-waiting", !bar.hidden);
  if (key === drawn) return;
  drawn = key;
  const open = bar.querySelector("details")?.open ?? false;
  const unfolded = new Set([...bar.querySelectorAll("details[open][data-entry]")].map((box) => /** @type {HTMLElement} */ (box).dataset.entry));
  bar.replaceChildren(title(shown));
  if (mine.length) bar.append(list(mine, open || Boolean(signingOut) || mine.some((one) => one.refused || one.unsent)));
  // Drawn again under the hand of whoever says why it is not kept: their question stays open.
  for (const box of bar.querySelectorAll("details")) box.open ||= unfolded.has(box.dataset.entry);
  if (signingOut && mine.length) bar.append(ask(signingOut, staying, mine.length));
}

/** @param {Shown} shown */
function title({ mine, others, lost, held }) {
  const line = element("p", "waiting__title");
  line.setAttribute("role", "alert");
  const refused = mine.filter((one) => one.refused).length;
  const unsent = mine.filter((one) => one.unsent).length;
  const left = mine.length - refused - unsent;
  const notSaving = lost || held === "away";
  if (notSaving) line.append(strong("NOT SAVING"), " ");
  if (notSaving) line.append(left ? `– ${entries(left)} kept on this device, sent when the connection returns.` : "– readings, signs and remarks are kept on this device and sent when the connection returns. Steps of the dose are not: write them down.");
  else if (held === "sign in" && left) line.append(strong("Not saved"), ` – ${entries(left)} wait until you have signed in again. `, signIn());
  else if (left) line.append(`Sending ${entries(left)}…`);
  // Without the network a browser has no page to show: what is kept survives, what stands here does not.
  if (notSaving) line.append(" Do not load this page again before then.");
  if (unsent) line.append(" ", strong(`${unsent === 1 ? "1 step" : `${unsent} steps`} NOT SENT and not saved`), " – write down what was done, and when.");
  if (refused) line.append(" ", strong(`${entries(refused)} refused`), " – look below.");
  if (others) line.append(` ${entries(others)} of somebody else ${others === 1 ? "waits" : "wait"} on this device until they sign in.`);
  return line;
}

function signIn() {
  const link = /** @type {HTMLAnchorElement} */ (element("a", "", "Sign in"));
  link.href = location.href;
  return link;
}

/** @param {Kept[]} mine @param {boolean} open */
function list(mine, open) {
  const box = /** @type {HTMLDetailsElement} */ (element("details", "waiting__more"));
  box.open = open;
  const rows = element("ol", "waiting__list");
  rows.append(...mine.map(row));
  box.append(element("summary", "", "What waits"), rows);
  return box;
}

/** @param {Kept} entry */
function row(entry) {
  const line = element("li", "waiting__entry");
  const what = element("span", "waiting__what");
  const time = element("time", "", clinicTime(entry.at));
  time.setAttribute("datetime", entry.at);
  const typed = entry.fields.filter(isTyped).map(([, value]) => value).join(", ");
  what.append(time, ` ${entry.label}${typed || !entry.unsent ? ": " : ""}${typed}`);
  line.append(what);
  if (entry.unsent) line.append(element("span", "waiting__why", "Not sent: it is not in the record. When the connection is back, look there and enter what was done."));
  for (const words of entry.refused ?? []) line.append(element("span", "waiting__why", `Refused: ${words}`));
  line.append(choices(entry));
  return line;
}

/** @param {Kept} entry */
function choices(entry) {
  const place = element("span", "waiting__acts");
  if (entry.unsent) {
    place.append(button("It is written down", () => acts.writtenDown(entry)));
    return place;
  }
  if (entry.refused && entry.confirm?.length) place.append(button("Right as entered", () => acts.again(entry)));
  if (entry.refused) place.append(button("Correct it", (pressed) => acts.correct(entry).then((why) => why && (pressed.textContent = why))));
  const more = element("details", "waiting__discard");
  more.dataset.entry = String(entry.seq);
  more.append(element("summary", "", "Do not keep"), ...REASONS.map((reason) => button(reason, () => acts.discard(entry, reason))));
  place.append(more);
  return place;
}

/** @param {() => void} goOn @param {() => void} stay @param {number} left */
function ask(goOn, stay, left) {
  const line = element("p", "waiting__ask");
  line.append(`Signing out now loses ${entries(left)}. `, button(`Sign out and lose ${left === 1 ? "it" : "them"}`, goOn), " ", button("Stay signed in", stay));
  return line;
}

/** @param {string} words @param {(pressed: HTMLElement) => unknown} act */
function button(words, act) {
  const made = element("button", "waiting__act", words);
  made.setAttribute("type", "button");
  made.addEventListener("click", () => act(made));
  return made;
}

/** @param {number} count */
function entries(count) {
  return count === 1 ? "1 entry" : `${count} entries`;
}

/** @param {string} words */
function strong(words) {
  return element("strong", "", words);
}

/** @param {string} tag @param {string} classes @param {string} words @returns {HTMLElement} */
function element(tag, classes, words = "") {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (words) made.textContent = words;
  return made;
}
