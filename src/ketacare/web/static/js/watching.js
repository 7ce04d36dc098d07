// The page says every few seconds that it is seen, and whether it can be heard (D4); and learns how long it may be
// silent because somebody listens elsewhere (D8). When it is hidden or closed it says so at once (D3).

import { refresh } from "./refresh.js";
import { allowQuietUntil, isProven, isQuiet } from "./sound.js";
import { uuid } from "./uuid.js";

const EVERY_MS = 5000;
let presentAt = 0;
/** As what the server counts this page, if it does: until then it draws that nobody answers. @type {string | null} */
let counted = null;
let heardAt = -Infinity;

/** The server spoke just now. */
export function serverSpoke() {
  heardAt = performance.now();
}

/** @returns {number | null} milliseconds since the server's last sign of life */
export function silentFor() {
  return heardAt === -Infinity ? null : performance.now() - heardAt;
}

/** One tab of one browser; nothing of a person is in it. @returns {string} */
export function screenId() {
  const key = "screen";
  try {
    const known = sessionStorage.getItem(key);
    if (known) return known;
    const made = uuid();
    sessionStorage.setItem(key, made);
    return made;
  } catch {
    return (fallback ||= uuid());
  }
}
let fallback = "";

/** @param {HTMLElement} place the main element that names the door */
export function startWatching(place) {
  const door = place.dataset.livePresence;
  if (!door) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? leave(door) : (presentAt = 0)));
  addEventListener("pagehide", () => leave(door));
  document.addEventListener("sound:proven", () => (presentAt = 0));
}

/** @param {HTMLElement} place @param {boolean} lost */
export function watch(place, lost) {
  const door = place.dataset.livePresence;
  if (lost || document.hidden) counted = null;
  if (!door || lost || document.hidden || performance.now() < presentAt) return;
  presentAt = performance.now() + EVERY_MS;
  const body = said();
  fetch(door, { method: "POST", body, signal: AbortSignal.timeout(EVERY_MS) })
    .then(async (answer) => {
      allowQuietUntil(answer.ok ? (await answer.json()).quiet_until : null);
      counts(answer.ok ? String(body.get("audible")) : null);
    })
    .catch(() => counts(null));
}

/** What the page says of who watches was drawn before this. @param {string | null} now */
function counts(now) {
  if (now && now !== counted) refresh("state");
  counted = now;
}

function said() {
  const token = document.querySelector("input[name='csrfmiddlewaretoken']");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token instanceof HTMLInputElement ? token.value : "");
  body.set("screen", screenId());
  body.set("audible", isProven() && !isQuiet(false) ? "yes" : "no");
  body.set("in_room", document.querySelector("[data-quiet]") ? "yes" : "no");
  return body;
}

/** @param {string} door */
function leave(door) {
  const body = said();
  body.set("gone", "yes");
  navigator.sendBeacon(door, body);
}
