// The live channel: what the server says is drawn; when it falls silent, the numbers are covered (D1-D4, T1-T4).
//
// The page names its stream in <main data-live="/live/visit/…?ticket=…">. Optional beside it:
//   data-live-ticket="/…"    answers {"url": …} with a fresh stream address when the ticket is spent
//   data-live-presence="/…"  told every 5 s that a visible page watches, and whether its sound is proven
// Values are drawn in [data-channel], alarms in [data-alarms], clocks in [data-since]. Everything heard is also sent as
// document events: live:hello, live:reading, live:alarm, live:event, live:state, live:duty, live:lost, live:back.

import { drawAlarms } from "./alarms.js";
import { ago, everyTick, hearServer, mmss, secondsSince } from "./clock.js";
import { isProven, sound } from "./sound.js";

const SILENCE_MS = 5000;
const RETRY_MS = 2000;
const PRESENCE_MS = 5000;
const KINDS = ["hello", "heartbeat", "reading", "alarm", "event", "state", "duty"];

/** @typedef {{ channel: string, value: string | number | null, unit: string, taken_at: string, state?: string, quality?: string }} Value */

/** @param {Document} root */
export function start(root) {
  const place = root.querySelector("[data-live]");
  if (place instanceof HTMLElement) new Stream(place);
}

/** One connection and the truth about it. */
class Stream {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.address = place.dataset.live ?? "";
    this.lastId = "";
    this.heardAt = performance.now();
    this.lost = false;
    this.retryAt = 0;
    this.presentAt = 0;
    /** @type {EventSource | null} */
    this.source = null;
    this.open();
    everyTick(() => this.tick());
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
  }

  open() {
    this.source?.close();
    this.source = new EventSource(this.resuming());
    for (const kind of KINDS) this.source.addEventListener(kind, (event) => this.hear(kind, /** @type {MessageEvent} */ (event)));
  }

  /** The browser sends Last-Event-ID only on its own reconnects; a new source must say where it was. */
  resuming() {
    if (!this.lastId) return this.address;
    const url = new URL(this.address, location.href);
    url.searchParams.set("last_event_id", this.lastId);
    return url.href;
  }

  /** @param {string} kind @param {MessageEvent} event */
  hear(kind, event) {
    this.heardAt = performance.now();
    if (event.lastEventId) this.lastId = event.lastEventId;
    const body = event.data ? JSON.parse(event.data) : {};
    const said = body.time ?? body.at ?? body.now;
    if (said && (kind === "hello" || kind === "heartbeat")) hearServer(said);
    if (this.lost) this.back();
    if (kind === "reading") body.values?.forEach((/** @type {Value} */ value) => drawValue(value, body.visit));
    if (kind === "alarm") drawAlarms(body);
    document.dispatchEvent(new CustomEvent(`live:${kind}`, { detail: body }));
  }

  tick() {
    const silent = performance.now() - this.heardAt;
    if (silent > SILENCE_MS) this.cover(silent);
    else drawAges();
    this.watch();
  }

  /** D2: five seconds without a heartbeat and the numbers are covered, with the server dead or alive. @param {number} silent */
  cover(silent) {
    if (!this.lost) {
      this.lost = true;
      document.documentElement.dataset.connection = "lost";
      sound("medium", true);
      document.dispatchEvent(new CustomEvent("live:lost"));
      covers().forEach((place) => showCover(place, true));
      document.querySelectorAll("[data-age-of-all]").forEach((place) => (place.textContent = "NOT LIVE"));
    }
    document.querySelectorAll("[data-lost-for]").forEach((place) => (place.textContent = mmss(silent / 1000)));
    if (performance.now() > this.retryAt) this.retry();
  }

  back() {
    this.lost = false;
    document.documentElement.dataset.connection = "live";
    covers().forEach((place) => showCover(place, false));
    document.dispatchEvent(new CustomEvent("live:back"));
  }

  async retry() {
    this.retryAt = performance.now() + RETRY_MS;
    if (this.source?.readyState === EventSource.CONNECTING) return;
    await this.renewTicket();
    this.open();
  }

  /** A ticket is spent by use; a fresh one is asked for where the page says how. */
  async renewTicket() {
    const door = this.place.dataset.liveTicket;
    if (!door) return;
    try {
      const answer = await fetch(door, { headers: { Accept: "application/json" } });
      if (answer.ok) this.address = (await answer.json()).url;
    } catch {
      // Still cut off: the next try asks again.
    }
  }

  /** D4: only a visible page is a watcher; only a proven sound is an audible one. */
  watch() {
    const door = this.place.dataset.livePresence;
    if (!door || this.lost || document.hidden || performance.now() < this.presentAt) return;
    this.presentAt = performance.now() + PRESENCE_MS;
    const token = document.querySelector("input[name='csrfmiddlewaretoken']");
    fetch(door, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": token instanceof HTMLInputElement ? token.value : "",
        "Idempotency-Key": crypto.randomUUID(),
      },
      body: JSON.stringify({ audible: isProven(), version: this.lastId }),
    }).catch(() => undefined);
  }
}

/** A page that forgot its cover gets a banner: values outside a cover are blanked by the style sheet. @returns {Element[]} */
function covers() {
  const found = [...document.querySelectorAll("[data-live-cover]")];
  if (found.length) return found;
  const banner = document.createElement("div");
  banner.className = "live live--banner";
  banner.dataset.liveCover = "";
  const words = document.createElement("p");
  words.className = "live__not";
  words.dataset.notLive = "";
  words.setAttribute("role", "alert");
  const time = document.createElement("span");
  time.dataset.lostFor = "";
  const line = document.createElement("span");
  line.append("NOT LIVE – connection lost ", time, " – use the bedside monitor");
  words.append(line);
  banner.append(words);
  document.body.append(banner);
  return [banner];
}

/** @param {Element} place @param {boolean} lost */
function showCover(place, lost) {
  place.classList.toggle("live--lost", lost);
  place.querySelector("[data-not-live]")?.toggleAttribute("hidden", !lost);
}

/** @param {Value} value @param {string | undefined} visit */
function drawValue(value, visit) {
  for (const tile of tiles(value.channel, visit)) {
    const parts = partsOf(tile);
    if (value.value !== null && value.value !== undefined) parts.set(value.channel, value);
    tile.dataset.said = saidBy(value);
    const wanted = (tile.dataset.channel ?? "").split(" ").map((channel) => parts.get(channel));
    // A pressure is one thing: systolic of one cuff never stands beside diastolic of another.
    if (wanted.some((part) => part?.taken_at !== wanted[0]?.taken_at) || !wanted[0]) continue;
    tile.dataset.value = wanted.map((part) => part?.value).join("/");
    tile.dataset.takenAt = wanted[0].taken_at;
  }
}

/** @type {WeakMap<HTMLElement, Map<string, Value>>} */
const heard = new WeakMap();

/** @param {HTMLElement} tile */
function partsOf(tile) {
  const parts = heard.get(tile) ?? new Map();
  heard.set(tile, parts);
  return parts;
}

/** @param {Value} value */
function saidBy(value) {
  const state = (value.state ?? "live").replaceAll("_", " ");
  if (value.quality === "none") return "lost";
  const good = !value.quality || value.quality === "good" || value.quality === "ok";
  return good || state === "not monitored" ? state : "bad quality";
}

/** On a wall the same channel stands in many tiles: the nearest [data-visit] decides. @param {string} channel @param {string | undefined} visit */
function tiles(channel, visit) {
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(`[data-channel~='${CSS.escape(channel)}']`)]);
  return all.filter((tile) => {
    const owner = tile.closest("[data-visit]");
    return !(owner instanceof HTMLElement) || !visit || owner.dataset.visit === visit;
  });
}

/** T2: stale after max(5 s, 1.5 i), lost after max(10 s, 2.5 i); a reading taken at intervals only grows older.
 * @param {string} said @param {number} age @param {number} interval */
export function stateOf(said, age, interval) {
  if (said === "intermittent" || said === "not monitored" || said === "lost") return said;
  if (age > Math.max(10, 2.5 * interval)) return "lost";
  if (age > Math.max(5, 1.5 * interval)) return "stale";
  return said === "bad quality" ? said : "live";
}

/** @type {Record<string, string>} */
const WORDS = { live: "live", stale: "stale", lost: "signal lost", "bad quality": "bad signal", "not monitored": "not monitored", intermittent: "last reading" };

function drawAges() {
  let youngest = Infinity;
  document.querySelectorAll("[data-channel]").forEach((tile) => {
    const age = drawAge(/** @type {HTMLElement} */ (tile));
    if (age !== null) youngest = Math.min(youngest, age);
  });
  document.querySelectorAll("[data-age-of-all]").forEach((place) => {
    if (youngest < Infinity) place.textContent = ago(youngest);
  });
  document.querySelectorAll("time[data-since]").forEach((place) => {
    const seconds = secondsSince(/** @type {HTMLElement} */ (place).dataset.since);
    if (seconds !== null) place.textContent = mmss(seconds);
  });
}

/** @param {HTMLElement} tile @returns {number | null} */
function drawAge(tile) {
  const age = secondsSince(tile.dataset.takenAt);
  const said = tile.dataset.said ?? tile.dataset.state ?? "lost";
  if (age === null || said === "not monitored") return null;
  tile.dataset.value ??= tile.querySelector("[data-value]")?.textContent ?? "";
  const state = stateOf(said, age, Number(tile.dataset.interval ?? 1));
  const value = tile.dataset.value ?? "";
  put(tile, "[data-value]", state === "lost" ? "---" : value);
  put(tile, "[data-age]", ago(age));
  put(tile, "[data-state-word]", WORDS[state] ?? state);
  put(tile, "[data-last]", state === "lost" && value !== "---" ? ` last ${value}` : "");
  if (tile.dataset.state !== state) restate(tile, state);
  return age;
}

/** @param {HTMLElement} tile @param {string} state */
function restate(tile, state) {
  for (const known of Object.keys(WORDS)) tile.classList.remove(`vital--${known.replace(" ", "-")}`);
  tile.classList.add(`vital--${state.replace(" ", "-")}`);
  tile.dataset.state = state;
}

/** @param {HTMLElement} tile @param {string} selector @param {string} words */
function put(tile, selector, words) {
  const place = tile.querySelector(selector);
  if (place && place.textContent !== words) place.textContent = words;
}
