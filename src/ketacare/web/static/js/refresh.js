// Parts of a page that follow the live channel: <section id="…" data-refresh="alarm state">. When such an event comes, the
// page's own address (or data-src of the part) is asked once more and the parts with that id are exchanged.
//
// A part in which somebody types is left alone until they leave it, and one that is pressed until the press has arrived.
//
// An address is asked by one request at a time, with a rest after it that grows with the time the server needed: a busy
// server is not made busier by the pages that wait for it. An alarm waits for no such request and for no rest.

const SETTLE_MS = 150;
/** @type {Set<string>} */
const asked = new Set();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let waitingUntil = Infinity;
const ANSWER_MS = 5000;
const ANSWER_MOST_MS = 10000;
const REST_MOST_MS = 1000;
const AGAIN_MS = 2000;
/** @typedef {{ underWay: number, restUntil: number, patience: number }} Line */
/** How each address answers. @type {Map<string, Line>} */
const lines = new Map();
/** The parts of which an alarm was told. @type {Set<string>} */
const urgent = new Set();
/** When each part was told of something and not drawn since. @type {Map<string, number[]>} */
const owed = new Map();
/** Of when is what each part shows: an older answer is not put over a newer one. @type {Map<string, number>} */
const drawnOf = new Map();
/** What waits until somebody leaves a part: the newest alone. @type {Map<string, Drawing>} */
const deferred = new Map();
/** Elements that tell when they are left. @type {WeakSet<HTMLElement>} */
const listening = new WeakSet();
/** @typedef {{ fresh: HTMLElement, begun: number }} Drawing */

const PRESS_MS = 2000;
/** What a finger is on: exchanged before it is lifted, the click would go to nobody. @type {{ on: Node, since: number } | null} */
let press = null;
addEventListener("pointerdown", ({ target }) => (press = target instanceof Node ? { on: target, since: performance.now() } : null), true);
for (const lifted of ["click", "pointercancel"]) addEventListener(lifted, () => (press = null), true);

/** @param {HTMLElement} part */
function isPressed(part) {
  return press !== null && part.contains(press.on) && performance.now() - press.since < PRESS_MS;
}

/** @returns {number} for how many ms something told by the stream has not been drawn, such as an alarm */
export function undrawn() {
  const now = performance.now();
  return Math.max(0, ...[...owed.values()].flat().map((since) => now - since));
}

/** Where this page can be read again: the address bar may name the form that was just refused. @returns {string} */
export function here() {
  const place = document.querySelector("[data-here]");
  return (place instanceof HTMLElement && place.dataset.here) || location.href;
}

/** @param {string} kind of live event; "all" after a gap, when nothing on the page is known to be true */
export function refresh(kind) {
  document.querySelectorAll("[data-refresh][id]").forEach((part) => {
    const wanted = (/** @type {HTMLElement} */ (part).dataset.refresh ?? "").split(" ");
    if (kind === "all" || wanted.includes(kind)) ask(part.id, kind === "alarm");
  });
  if (asked.size) exchangeIn(SETTLE_MS);
}

/** The nearest time holds: nothing that is told later puts it off. @param {number} ms */
function exchangeIn(ms) {
  const then = performance.now() + ms;
  if (then >= waitingUntil) return;
  clearTimeout(waiting);
  waitingUntil = then;
  waiting = setTimeout(exchange, ms);
}

/** @param {string} id @param {boolean} ofAnAlarm */
function ask(id, ofAnAlarm) {
  if (!asked.has(id)) owed.set(id, [...(owed.get(id) ?? []), performance.now()]);
  asked.add(id);
  if (ofAnAlarm) urgent.add(id);
}

async function exchange() {
  waitingUntil = Infinity;
  const parts = [...asked].map((id) => document.getElementById(id)).filter((part) => part !== null);
  asked.clear();
  for (const id of owed.keys()) if (!document.getElementById(id)) owed.delete(id);
  /** @type {Map<string, HTMLElement[]>} */
  const byAddress = new Map();
  for (const part of parts) {
    const address = part.dataset.src ?? here();
    byAddress.set(address, [...(byAddress.get(address) ?? []), part]);
  }
  await Promise.all([...byAddress].map(([address, these]) => (goesNow(address, these) ? fetchParts(address, these) : hold(address, these))));
}

/** @param {string} address @returns {Line} */
function lineTo(address) {
  const line = lines.get(address) ?? { underWay: 0, restUntil: 0, patience: ANSWER_MS };
  lines.set(address, line);
  return line;
}

/** @param {string} address @param {HTMLElement[]} parts */
function goesNow(address, parts) {
  const { underWay, restUntil } = lineTo(address);
  if (parts.some(({ id }) => urgent.has(id))) return underWay < 2;
  return underWay === 0 && performance.now() >= restUntil;
}

/** They go when the answer that is under way has come, and the rest after it is over.
 * @param {string} address @param {HTMLElement[]} parts */
function hold(address, parts) {
  const { underWay, restUntil } = lineTo(address);
  for (const { id } of parts) asked.add(id);
  if (underWay === 0) exchangeIn(Math.max(0, restUntil - performance.now()));
}

/** @param {string} address @param {HTMLElement[]} parts */
async function fetchParts(address, parts) {
  const begun = performance.now();
  const line = lineTo(address);
  line.underWay += 1;
  for (const { id } of parts) urgent.delete(id);
  try {
    const headers = { Accept: "text/html", "X-Unattended": "yes" };
    const answer = await fetch(address, { headers, signal: AbortSignal.timeout(line.patience) });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Somebody else signed in beside this page: what it shows and sends would be another's.
    if ((page.body.dataset.person ?? person()) !== person()) return location.reload();
    for (const part of parts) {
      const fresh = page.getElementById(part.id);
      if (fresh) swap(part, { fresh, begun });
    }
    // Drawn as it was then: what was asked for later is still owed.
    for (const { id } of parts) owed.set(id, (owed.get(id) ?? []).filter((since) => since > begun));
    line.patience = ANSWER_MS;
    line.restUntil = performance.now() + Math.min(performance.now() - begun, REST_MOST_MS);
  } catch {
    // Not answered: ask again while the stream lives; live.js covers the page when that lasts, so no alarm is left undrawn.
    // What takes a busy server longer than we waited would else never be drawn.
    line.patience = Math.min(2 * line.patience, ANSWER_MOST_MS);
    line.restUntil = performance.now() + AGAIN_MS;
    parts.forEach((part) => asked.add(part.id));
  } finally {
    line.underWay -= 1;
    if (asked.size) exchangeIn(urgent.size ? SETTLE_MS : Math.max(SETTLE_MS, line.restUntil - performance.now()));
  }
}

function person() {
  return document.body.dataset.person ?? "";
}

/** @param {HTMLElement} part @param {Drawing} drawing */
function swap(part, drawing) {
  const { fresh, begun } = drawing;
  // Something else may have put another element in its place since it was asked for.
  part = document.getElementById(part.id) ?? part;
  if (begun < (drawnOf.get(part.id) ?? -Infinity)) return;
  // While the focus moves from one field to the next it is nowhere: look again when it has arrived.
  if (isTypedIn(part)) return later(part, drawing, part, "focusout");
  if (isPressed(part)) return later(part, drawing, part, "click");
  // What is read this moment is not taken from under the eyes.
  const open = part.querySelector("dialog[open]");
  if (open) return later(part, drawing, open, "close");
  drawnOf.set(part.id, begun);
  // A question is being asked here: its box stays until it is answered.
  if (part.querySelector(".choice--confirm") && !fresh.querySelector(".choice--confirm")) return;
  if (sameButKeys(part) === sameButKeys(fresh)) return;
  const focused = part.contains(document.activeElement) ? markOf(document.activeElement) : null;
  const typed = typedIn(part);
  const chosen = chosenIn(part);
  const unfolded = new Set(foldsOf(part).filter(({ fold }) => fold.open).map(({ key }) => key));
  exchangeInside(part, fresh);
  for (const { fold, key } of foldsOf(part)) fold.open ||= unfolded.has(key);
  for (const field of fieldsOf(part)) field.value = typed.get(keyOf(field)) ?? field.value;
  for (const choice of choicesOf(part)) if (chosen.has(keyOf(choice))) choose(choice, chosen.get(keyOf(choice)) ?? "");
  for (const { name, value } of fresh.attributes) part.setAttribute(name, value);
  if (focused) controlsOf(part).find((control) => markOf(control) === focused)?.focus({ preventScroll: true });
  /** @type {any} */ (window).htmx?.process(part);
  document.dispatchEvent(new CustomEvent("page:exchanged", { detail: { id: part.id } }));
}

/** @param {HTMLElement} part @param {Drawing} drawing @param {Element} held @param {string} until */
function later(part, drawing, held, until) {
  const waits = deferred.get(part.id);
  if (!waits || waits.begun < drawing.begun) deferred.set(part.id, drawing);
  if (listening.has(held)) return;
  listening.add(held);
  const look = () => {
    listening.delete(held);
    drawNewest(part.id);
  };
  held.addEventListener(until, () => setTimeout(look), { once: true });
}

/** @param {string} id */
function drawNewest(id) {
  const newest = deferred.get(id);
  const part = document.getElementById(id);
  deferred.delete(id);
  if (newest && part) swap(part, newest);
}

/** A field or a box that was taken away tells nobody that it was left: what waits for it is looked at each second. */
export function drawWaiting() {
  for (const id of [...deferred.keys()]) {
    const part = document.getElementById(id);
    if (!part) deferred.delete(id);
    else if (!isTypedIn(part) && !isPressed(part) && !part.querySelector("dialog[open]")) drawNewest(id);
  }
}

/** A region that is read aloud stays the same element: one that comes with its words is not announced.
 * @param {HTMLElement} part @param {HTMLElement} fresh */
function exchangeInside(part, fresh) {
  const aloud = part.querySelector(":scope > [aria-live]");
  const anew = fresh.querySelector(":scope > [aria-live]");
  if (!aloud || !anew) return part.replaceChildren(...fresh.childNodes);
  const nodes = [...fresh.childNodes];
  const at = nodes.indexOf(/** @type {ChildNode} */ (anew));
  for (const node of [...part.childNodes]) if (node !== aloud) node.remove();
  for (const { name, value } of anew.attributes) aloud.setAttribute(name, value);
  aloud.replaceChildren(...anew.childNodes);
  aloud.before(...nodes.slice(0, at));
  aloud.after(...nodes.slice(at + 1));
}

/** @param {HTMLElement} part @returns {HTMLElement[]} */
function controlsOf(part) {
  return [...part.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].map((one) => /** @type {HTMLElement} */ (one));
}

/** The same control on the next rendering. @param {Element | null} control */
function markOf(control) {
  if (!control || control.id) return control?.id ?? null;
  if (/** @type {any} */ (control).form) return keyOf(/** @type {any} */ (control));
  return [control.tagName, control.getAttribute("href"), control.textContent].join("|");
}

/** Fields that are typed in; a choice or a hidden key is the server's. @param {HTMLElement} part */
function fieldsOf(part) {
  const typing = "input:not([type='hidden'], [type='radio'], [type='checkbox']), textarea";
  return /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */ (part.querySelectorAll(typing));
}

/** What was chosen and not yet sent is the person's too: whom to hand over to, where they are.
 * @param {HTMLElement} part @returns {(HTMLInputElement | HTMLSelectElement)[]} */
function choicesOf(part) {
  return /** @type {any} */ ([...part.querySelectorAll("select, input[type='radio'], input[type='checkbox']")]);
}

/** The choices that differ from what the server drew. @param {HTMLElement} part @returns {Map<string, string>} */
function chosenIn(part) {
  const differs = (/** @type {HTMLInputElement | HTMLSelectElement} */ choice) =>
    choice instanceof HTMLSelectElement ? [...choice.options].some((one) => one.selected !== one.defaultSelected && one.value !== "") : choice.checked !== choice.defaultChecked;
  return new Map(choicesOf(part).filter(differs).map((choice) => [keyOf(choice), choice instanceof HTMLSelectElement ? choice.value : String(choice.checked)]));
}

/** What is folded, by its own name or its words: of two alike their order tells them apart. @param {Element} part */
function foldsOf(part) {
  const folds = [...part.querySelectorAll("details")];
  const said = folds.map((fold) => fold.dataset.fold ?? fold.querySelector("summary")?.textContent ?? "");
  return folds.map((fold, at) => ({ fold, key: `${said[at]}|${said.slice(0, at).filter((one) => one === said[at]).length}` }));
}

/** What the forms in here are about. @param {Element | null} part @returns {string[]} */
function meantBy(part) {
  const hidden = [...(part?.querySelectorAll("input[type='hidden']") ?? [])].map((one) => /** @type {HTMLInputElement} */ (one));
  return hidden.filter((one) => !["once", "csrfmiddlewaretoken"].includes(one.name)).map((one) => one.value);
}

/** The same field of the same form on every rendering; of two forms to one address, what they hide tells them apart, and
 * of two fields of one name their order.
 * @param {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | HTMLButtonElement} field */
function keyOf(field) {
  const meant = meantBy(field.form);
  const chosen = field.matches("button, [type='radio'], [type='checkbox']");
  const alike = chosen ? [] : [...(field.form?.elements ?? [])].filter((one) => /** @type {any} */ (one).name === field.name);
  return [field.form?.getAttribute("action"), ...meant, field.name, chosen ? field.value : alike.indexOf(field)].join("|");
}

/** @param {HTMLInputElement | HTMLSelectElement} choice @param {string} value */
function choose(choice, value) {
  if (choice instanceof HTMLSelectElement) choice.value = value;
  else choice.checked = value === "true";
}

/** What is typed and not yet saved; what the server had written there is the server's. @param {HTMLElement} part */
function typedIn(part) {
  return new Map([...fieldsOf(part)].filter((field) => field.value !== field.defaultValue).map((field) => [keyOf(field), field.value]));
}

/** @param {HTMLElement} part */
function isTypedIn(part) {
  const field = document.activeElement;
  return part.contains(field) && (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement);
}

/** Keys differ on every rendering; a button is not pulled from under a finger for that (V5). @param {HTMLElement} part */
function sameButKeys(part) {
  return part.innerHTML.replace(/name="(once|csrfmiddlewaretoken)" value="[^"]*"/g, "").replace(/>[^<]*<\/time>/g, "></time>");
}
