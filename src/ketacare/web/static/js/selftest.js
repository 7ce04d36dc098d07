// The start-up self-test of a screen (D10): three lamps, three sounds, the link and the clock. The person says what they
// saw and heard; the rest is measured. Kept by the server, which counts this screen as audible only from then on.

import { serverNow } from "./clock.js";
import { refresh } from "./refresh.js";
import { heardAll, isProven, play } from "./sound.js";
import { uuid } from "./uuid.js";
import { screenId, silentFor } from "./watching.js";

const APART_MS = 3500;
const PATIENCE_MS = 5000;
let passed = false;

/** @param {Document} root */
export function start(root) {
  root.querySelectorAll("[data-self-test]").forEach((place) => wake(/** @type {HTMLElement} */ (place)));
}

/** @param {HTMLElement} place */
function wake(place) {
  part(place, "begin")?.addEventListener("click", () => begin(place));
  part(place, "all")?.addEventListener("click", () => keep(place, true));
  part(place, "not")?.addEventListener("click", () => keep(place, false));
  document.addEventListener("sound:state", () => passed && showPassed(place));
  document.addEventListener("visibilitychange", () => promised && !document.hidden && holdAgain(place));
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => isLost(place) && holdAgain(place));
}

/** @param {HTMLElement} place @param {string} name @returns {HTMLElement | null} */
function part(place, name) {
  return place.querySelector(`[data-test-${name}]`);
}

/** @param {HTMLElement} place */
async function begin(place) {
  part(place, "ask")?.removeAttribute("hidden");
  await play("high");
  setTimeout(() => play("medium"), APART_MS);
  setTimeout(() => play("low"), APART_MS + 1500);
}

/** @param {HTMLElement} place @param {boolean} all */
async function keep(place, all) {
  const body = new FormData();
  const token = document.querySelector("input[name='csrfmiddlewaretoken']");
  body.set("csrfmiddlewaretoken", token instanceof HTMLInputElement ? token.value : "");
  body.set("once", uuid());
  body.set("screen", screenId());
  body.set("lamps", all ? "yes" : "no");
  body.set("sounds", all ? "yes" : "no");
  const silent = silentFor();
  if (silent !== null) body.set("link_ms", String(Math.round(silent)));
  const now = serverNow();
  if (now !== null) body.set("offset_ms", String(Math.round(Date.now() - now)));
  body.set("awake", (await staysAwake(place)) ? "yes" : "no");
  await send(place, body, all);
}

/** @param {HTMLElement} place @param {FormData} body @param {boolean} all */
async function send(place, body, all) {
  const said = part(place, "said");
  try {
    const answer = await fetch(place.dataset.selfTest ?? "", { method: "POST", body, headers: { "X-Requested-With": "fetch" }, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error();
  } catch {
    if (said) said.textContent = "Not kept: press again.";
    return;
  }
  if (!all) {
    if (said) said.textContent = "Kept as failed. Turn the volume up, or use another screen: this one is not relied on.";
    return;
  }
  passed = true;
  heardAll();
  part(place, "ask")?.setAttribute("hidden", "");
  if (said) said.textContent = "";
  refresh("state"); // what the page says is untried still
}

/** True while the screen can be heard: where its sound was stopped, the test is there to begin again. @param {HTMLElement} place */
function showPassed(place) {
  part(place, "passed")?.toggleAttribute("hidden", !isProven());
  part(place, "begin")?.toggleAttribute("hidden", isProven());
}

/** The machine promised once not to sleep: from then on a broken promise is an alarm. */
let promised = false;

/** Where the machine lets it, it does not sleep while this page is seen. @param {HTMLElement} place @returns {Promise<boolean>} */
async function staysAwake(place) {
  try {
    const lock = await /** @type {any} */ (navigator).wakeLock.request("screen");
    lock.addEventListener("release", () => lost(place));
    promised = true;
    sayLost(place, false);
    return true;
  } catch {
    return false;
  }
}

/** A hidden page holds no lock and watches nobody (D3); one that is seen and was let go of is a technical alarm (D10).
 * @param {HTMLElement} place */
function lost(place) {
  if (!document.hidden) sayLost(place, true);
}

/** @param {HTMLElement} place */
async function holdAgain(place) {
  sayLost(place, !(await staysAwake(place)));
}

/** @param {HTMLElement} place */
function isLost(place) {
  return place.querySelector("[data-awake] .alarm") !== null;
}

/** @param {HTMLElement} place @param {boolean} yes */
function sayLost(place, yes) {
  const words = place.querySelector("[data-awake-lost]");
  if (yes === isLost(place) || !(words instanceof HTMLTemplateElement)) return;
  place.querySelector("[data-awake]")?.replaceChildren(...(yes ? [words.content.cloneNode(true)] : []));
}
