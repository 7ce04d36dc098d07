// Alarms as the server decides them, drawn in the one slot that pushes nothing around (V1, V2, A11).

import { secondsSince } from "./clock.js";
import { sound } from "./sound.js";
import { uuid } from "./uuid.js";

/** @typedef {{ id?: string, condition: string, priority: "high" | "medium" | "low", state?: string, words: string, since?: string, limit?: string | number, technical?: boolean, sounding?: boolean, acknowledge?: string, pause?: string, acknowledged_by?: string }} Alarm */

const ORDER = { high: 0, medium: 1, low: 2 };
/** @type {("high" | "medium" | "low")[]} */
const PRIORITIES = ["high", "medium", "low"];
/** @type {Record<string, number>} */
const AGAIN_MS = { high: 8000, medium: 15000, low: Infinity };

/** @type {Map<string, Alarm[]>} */
const byVisit = new Map();
let soundedAt = -Infinity;
/** What stood when it sounded last. @type {Set<string>} */
let sounded = new Set();

/** The body names every alarm of the visit, so a missed message cannot leave one behind. A replay is silent.
 * @param {{ visit?: string, alarms?: Alarm[] }} body @param {boolean} silent */
export function drawAlarms(body, silent = false) {
  const visit = body.visit ?? "";
  byVisit.set(visit, [...(body.alarms ?? [])].sort(worstFirst));
  document.querySelectorAll("[data-alarms]").forEach((place) => {
    const owner = /** @type {HTMLElement} */ (place).dataset.visit;
    if (!owner || owner === visit) drawSlot(/** @type {HTMLElement} */ (place), owner ? visit : null);
  });
  if (!silent) repeatSound();
}

/** V5: after its seconds an acknowledgement is no longer taken back, and the button says so by being gone. */
export function dropTakeBacks() {
  for (const form of document.querySelectorAll("[data-take-back]")) {
    const over = secondsSince(/** @type {HTMLElement} */ (form).dataset.takeBack);
    if (over !== null && over > 0) form.remove();
  }
}

/** Whether it is there and unseen, seen, or over (A11). @param {Alarm} alarm */
function turn(alarm) {
  return ["present", "acknowledged", "latched"].indexOf(alarm.state ?? "present");
}

/** @param {Alarm} a @param {Alarm} b */
function worstFirst(a, b) {
  const over = Number(turn(a) === 2) - Number(turn(b) === 2);
  return over || ORDER[a.priority] - ORDER[b.priority] || turn(a) - turn(b) || (b.since ?? "").localeCompare(a.since ?? "");
}

/** @param {HTMLElement} place @param {string | null} visit null means every visit of the clinic */
function drawSlot(place, visit) {
  const all = (visit === null ? [...byVisit.values()].flat() : (byVisit.get(visit) ?? [])).sort(worstFirst);
  const worst = place.querySelector("[data-alarms-worst]");
  if (!worst) return;
  worst.setAttribute("aria-live", all[0]?.priority === "high" ? "assertive" : "polite");
  if (all[0]) keepOrReplace(worst, all[0]);
  else worst.replaceChildren(noAlarm());
  const old = place.querySelector("details.alarms__more");
  // What somebody unfolded stays so, whatever comes and goes in it.
  const isOpen = old instanceof HTMLDetailsElement && old.open;
  old?.remove();
  if (all.length > 1) place.append(others(all.slice(1), isOpen));
}

/** A redraw must not pull a button from under a finger (V5): the same alarm keeps its element.
 * @param {Element} worst @param {Alarm} alarm */
function keepOrReplace(worst, alarm) {
  const shown = worst.querySelector("[data-alarm]");
  const same = shown instanceof HTMLElement && shown.dataset.alarm === name(alarm) && shown.dataset.state === (alarm.state ?? "present");
  if (!same || !shown) worst.replaceChildren(drawAlarm(alarm, true));
  else putWords(/** @type {HTMLElement} */ (shown), alarm);
}

/** @param {Alarm} alarm */
function name(alarm) {
  return alarm.id ?? alarm.condition;
}

function noAlarm() {
  const line = element("p", "alarms__none", "No alarm. ");
  line.append(element("span", "quiet", "Keep the bedside monitor's own alarms on."));
  return line;
}

/** @param {Alarm[]} rest @param {boolean} isOpen */
function others(rest, isOpen) {
  const more = element("details", "alarms__more");
  more.toggleAttribute("open", isOpen);
  more.dataset.fold = "alarms";
  const now = rest.filter((alarm) => turn(alarm) < 2).length;
  more.append(element("summary", "", `${rest.length} more${now ? `, ${now} now` : ""}`));
  const list = element("div", "alarms__list");
  list.append(...rest.map((alarm) => drawAlarm(alarm, false)));
  more.append(list);
  return more;
}

/** @param {Alarm} alarm @param {boolean} flash */
function drawAlarm(alarm, flash) {
  const state = alarm.state ?? "present";
  const box = element("div", `alarm alarm--${alarm.priority} alarm--${state}`);
  if (alarm.technical) box.classList.add("alarm--technical");
  if (flash && state === "present") box.classList.add("alarm--flash");
  box.dataset.alarm = name(alarm);
  box.dataset.state = state;
  if (alarm.sounding === false) box.dataset.silent = "";
  const mark = element("span", "alarm__mark");
  mark.append(shape(alarm.priority), hidden(stars(alarm)), element("span", "alarm__word", capital(alarm.priority)));
  box.append(mark, element("p", "alarm__words"), acts(alarm, state));
  putWords(box, alarm);
  return box;
}

// How long it lasted when it was said; the clock beside it goes on counting.
const LASTED = /(?: -)? \d+:\d\d(?=$| - last )/;

/** @param {HTMLElement} box @param {Alarm} alarm */
function putWords(box, alarm) {
  const place = box.querySelector(".alarm__words");
  const limit = alarm.limit !== undefined && alarm.limit !== null && !alarm.words.includes("limit") ? ` – limit ${alarm.limit}` : "";
  const words = `${alarm.since ? alarm.words.replace(LASTED, "") : alarm.words}${limit} `;
  if (!place || place.firstChild?.textContent === words) return;
  const since = element("time", "alarm__since");
  if (alarm.since) since.dataset.since = alarm.since;
  place.replaceChildren(words, since);
  const note = { acknowledged: ` seen by ${alarm.acknowledged_by ?? "someone"}; not solved`, latched: ` over; ${alarm.priority === "high" ? "stays until someone closes it" : "leaves by itself"}` }[alarm.state ?? ""];
  if (note) place.append(element("span", "alarm__note", note));
}

/** @param {Alarm} alarm @param {string} state */
function acts(alarm, state) {
  const place = element("span", "alarm__acts");
  if (alarm.acknowledge && state !== "acknowledged") place.append(act("I have seen it", alarm.acknowledge));
  if (alarm.pause) place.append(act("Pause sound 2 min", alarm.pause));
  return place;
}

/** @param {string} words @param {string} address */
function act(words, address) {
  const button = element("button", "alarm__act", words);
  button.setAttribute("type", "button");
  const once = uuid();
  button.addEventListener("click", () => tell(address, once, button));
  return button;
}

/** The same key on every try: pressing twice on a bad line is one act.
 * @param {string} address @param {string} once @param {HTMLElement} button */
async function tell(address, once, button) {
  const token = document.querySelector("input[name='csrfmiddlewaretoken']");
  const body = new FormData();
  body.set("once", once);
  body.set("csrfmiddlewaretoken", token instanceof HTMLInputElement ? token.value : "");
  try {
    const answer = await fetch(address, { method: "POST", body });
    if (!answer.ok) button.textContent = "Not saved: press again";
  } catch {
    button.textContent = "Not saved: press again";
  }
}

/** A11: the worst sounding alarms sound, again at their own pace and at once when another comes, be it of the one chair of
 * this page or of any chair of the station. The server marks those that are paused as silent. */
export function repeatSound() {
  const priority = PRIORITIES.find((one) => presentOf(one).length > 0);
  const alarms = priority ? presentOf(priority) : [];
  const keys = alarms.map((alarm) => `${priority}:${visitOf(alarm)}:${alarm.dataset.alarm}`);
  sounded = new Set([...sounded].filter((key) => keys.includes(key)));
  if (!priority) return;
  const fresh = alarms[keys.findIndex((key) => !sounded.has(key))];
  if (!fresh && performance.now() - soundedAt < AGAIN_MS[priority]) return;
  const told = fresh ?? alarms[0];
  // What was held back has not sounded: it does the moment nobody listens elsewhere any more, not at its next turn (D8).
  if (!sound(priority, told.matches(".alarm--technical"), priority === "high" && alarms.some(isOverdue))) return;
  sounded = new Set(keys);
  soundedAt = performance.now();
}

/** @param {string} priority @returns {HTMLElement[]} */
function presentOf(priority) {
  return [...document.querySelectorAll(`:is([data-alarms], [data-alarms-here], .tile) .alarm--${priority}.alarm--present:not([data-silent])`)].map((one) => /** @type {HTMLElement} */ (one));
}

/** @param {HTMLElement} alarm */
function visitOf(alarm) {
  return /** @type {HTMLElement | null} */ (alarm.closest("[data-visit]"))?.dataset.visit ?? "";
}

/** D8: a high alarm nobody has seen for so long sounds at the chair too. @param {HTMLElement} alarm */
function isOverdue(alarm) {
  const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-sounds-after]"));
  const since = /** @type {HTMLElement | null} */ (alarm.querySelector("[data-since]"))?.dataset.since;
  const waited = secondsSince(since);
  return waited !== null && waited >= Number(place?.dataset.soundsAfter ?? Infinity);
}

/** @param {Alarm} alarm */
function stars(alarm) {
  const count = 3 - ORDER[alarm.priority];
  return (alarm.technical ? "!" : "*").repeat(count);
}

/** @param {string} words */
function hidden(words) {
  const span = element("span", "", words);
  span.setAttribute("aria-hidden", "true");
  return span;
}

/** @param {string} priority */
function shape(priority) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 18");
  svg.setAttribute("width", "20");
  svg.setAttribute("height", "18");
  svg.setAttribute("class", "alarm__shape");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", priority === "low" ? "M10 3a6 6 0 1 0 0 12a6 6 0 0 0 0-12z" : "M10 1 19 17H1z");
  svg.append(path);
  return svg;
}

/** @param {string} word */
function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** @param {string} tag @param {string} classes @param {string} words @returns {HTMLElement} */
function element(tag, classes, words = "") {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.textContent = words;
  return made;
}
