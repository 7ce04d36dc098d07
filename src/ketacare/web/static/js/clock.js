// Time as the server has it, carried on by the monotonic clock (D3). The wall clock of the device is never asked.

/** Server time minus performance.now(), in ms; kept as the largest of the last offsets, which had the least delay. */
/** @type {number[]} */
const offsets = [];
const REMEMBERED = 20;

/** @param {string} iso the server's time in a hello or heartbeat */
export function hearServer(iso) {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  offsets.push(at - performance.now());
  if (offsets.length > REMEMBERED) offsets.shift();
}

/** After a sleep the old offsets are wrong by its length. */
export function forgetServer() {
  offsets.length = 0;
}

/** @returns {number | null} the server's time now in ms since the epoch; null until it has spoken */
export function serverNow() {
  return offsets.length ? performance.now() + Math.max(...offsets) : null;
}

/** The moment of a press. Before the server was ever heard it is `own`: of this device, whose clock may be wrong.
 * @returns {{ at: string, own: boolean }} */
export function pressNow() {
  const now = serverNow();
  return { at: new Date(now ?? Date.now()).toISOString(), own: now === null };
}

/** A press as the server dates it: of the device's own clock nothing counts but how long ago it was, and nothing is said
 * while the server was never heard. @param {{ at: string, own?: boolean }} press @returns {string} */
export function asServer({ at, own }) {
  const now = serverNow();
  if (!own) return at;
  return now === null ? "" : new Date(now - (Date.now() - Date.parse(at))).toISOString();
}

/** @param {string | undefined} iso @returns {number | null} seconds since then by the server's clock */
export function secondsSince(iso) {
  const now = serverNow();
  const then = iso ? Date.parse(iso) : NaN;
  return now === null || Number.isNaN(then) ? null : Math.max(0, (now - then) / 1000);
}

/** As the server writes it: on the clock of the clinic, which the page names, wherever the device stands. A page that names
 * none is on a telephone of its reader's own. @param {string | number | Date} at @returns {string} 20:03 */
export function clinicTime(at, withSeconds = false) {
  const zone = /** @type {HTMLElement | null} */ (document.querySelector("[data-zone]"))?.dataset.zone || undefined;
  const seconds = withSeconds ? { second: /** @type {const} */ ("2-digit") } : {};
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...seconds, timeZone: zone });
}

/** @param {number} seconds */
export function mmss(seconds) {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

/** As the server writes a time that was spent. @param {number} seconds */
export function spent(seconds) {
  const whole = Math.floor(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** @param {number} seconds */
export function ago(seconds) {
  if (seconds < 90) return `${Math.floor(seconds)} s ago`;
  return seconds < 5400 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** Call back four times a second, from a worker where there is one: a hidden page's own timers are slowed.
 * @param {() => void} tick */
export function everyTick(tick) {
  try {
    const worker = new Worker(new URL("./ticker.js", import.meta.url));
    worker.onmessage = tick;
    worker.onerror = () => setInterval(tick, 250);
  } catch {
    setInterval(tick, 250);
  }
}
