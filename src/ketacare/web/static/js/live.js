// The live channel: what the server says is drawn; when it falls silent, the numbers are covered (D1-D4, T1-T4).
//
// The page names its stream in <main data-live="/live/stream?ticket=…">. Optional beside it:
//   data-live-ticket="/…"    answers {"url": …} with a fresh stream; without it the page's own address is read again
//   data-live-presence="/…"  told every 5 s that a visible page watches, and whether its sound is proven
// The stream sends `beat` each second {at, number, watch_at} or `away` while the database does not answer, `reset` when what was missed is gone, `renew` {left_s}
// before the ticket ends and when it has, and events {topic, body}. Values are drawn in [data-channel], clocks in [data-since]; alarms and other
// parts marked data-refresh are asked for again. Each event is passed on as document event live:<kind>.

import { drawAlarms, dropTakeBacks, repeatSound } from "./alarms.js";
import { ago, clinicTime, everyTick, forgetServer, hearServer, mmss, secondsSince, serverNow, spent } from "./clock.js";
import { drawWaiting, here, refresh, undrawn } from "./refresh.js";
import { sound } from "./sound.js";
import { serverSpoke, startWatching, watch } from "./watching.js";

const SILENCE_MS = 5000;
const RETRY_MS = 2000;
const CONNECT_MS = 8000;
const TICKET_MS = 5000;
const TICKET_MOST_MS = 20000;
const WATCH_LATE_MS = 2500;
const SLEPT_MS = 2000;
const TONE_AGAIN_MS = 15000;
const KINDS = ["reading", "alarm", "event", "state", "duty"];

/** @typedef {{ channel: string, value: string | number | null, unit: string, taken_at: string, state?: string, quality?: string, source?: string }} Value */

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
    this.joined = false;
    this.tonedAt = -Infinity;
    this.why = "connection lost";
    this.retryAt = 0;
    this.openedAt = -Infinity;
    /** When this connection last said anything at all, be it that nothing is known. */
    this.saidAt = -Infinity;
    this.renewing = false;
    this.patience = TICKET_MS;
    /** Between the two clocks of this machine. @type {number | undefined} */
    this.apart = undefined;
    /** @type {EventSource | null} */
    this.source = null;
    this.open();
    startWatching(this.place);
    everyTick(() => this.tick());
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
  }

  open() {
    this.openedAt = this.saidAt = performance.now();
    this.source?.close();
    this.source = new EventSource(this.resuming());
    this.on("beat", (body) => this.beat(body));
    this.on("away", () => this.away());
    this.on("reset", () => this.reset());
    this.on("renew", (body) => this.renew(body.left_s > 0));
    for (const kind of KINDS) this.on(kind, (sent) => this.tell(kind, sent));
  }

  /** @param {string} kind @param {(body: any) => void} act */
  on(kind, act) {
    this.source?.addEventListener(kind, (event) => {
      this.saidAt = performance.now();
      if (event.lastEventId) this.lastId = event.lastEventId;
      act(event.data ? JSON.parse(event.data) : {});
    });
  }

  /** The browser sends Last-Event-ID only on its own reconnects; a new source must say where it was. */
  resuming() {
    if (!this.lastId) return this.address;
    const url = new URL(this.address, location.href);
    url.searchParams.set("after", this.lastId);
    return url.href;
  }

  /** Only a beat proves that the database answers and the alarm watch is alive; an event alone proves neither (D9).
   * @param {{ at: string, number?: number, watch_at?: string | null }} body */
  beat(body) {
    hearServer(body.at);
    serverSpoke();
    this.join();
    if (body.number !== undefined) this.lastId = String(body.number);
    // The watch's own sign of life is a heartbeat too: five seconds without one, and nothing is judged (D9).
    const watch = body.watch_at === undefined ? 0 : body.watch_at ? Date.parse(body.at) - Date.parse(body.watch_at) : Infinity;
    const late = watch > WATCH_LATE_MS;
    this.why = late ? "alarms are not being judged" : "connection lost";
    this.heardAt = late ? Math.max(performance.now() - watch, -SILENCE_MS) : performance.now();
    if (this.lost && performance.now() - this.heardAt < SILENCE_MS && undrawn() < SILENCE_MS) this.back();
  }

  /** The server lives and its database does not answer: no need to wait for the silence (D9, H22). */
  away() {
    this.why = "the database does not answer";
    this.heardAt = Math.min(this.heardAt, performance.now() - SILENCE_MS - 1);
  }

  /** What happened between the making of the page and the first beat was told to nobody: the page is asked again,
   * unless its address says from which event on it must be told. */
  join() {
    if (!this.joined && !this.address.includes("after=")) refresh("all");
    this.joined = true;
  }

  /** What was missed is no longer kept: the whole page is asked for; typed text is kept by keep.js. */
  reset() {
    this.lastId = "";
    location.reload();
  }

  /** Another ticket is fetched while the stream goes on; where it does not come in time, the retries of a lost
   * connection ask for it. @param {boolean} goesOn */
  async renew(goesOn) {
    const source = this.source;
    if (!goesOn) source?.close();
    if (this.renewing) return;
    const renewed = await this.renewTicket();
    if ((renewed || !goesOn) && this.source === source) this.open();
  }

  /** @param {string} kind @param {any} sent {topic, body}, or the body alone */
  tell(kind, sent) {
    const body = sent.body ?? sent;
    const visit = body.visit ?? /^visit:(.+)$/.exec(sent.topic ?? "")?.[1];
    const detail = { ...body, visit, values: body.values ?? body.readings };
    if (kind === "reading") detail.values?.forEach((/** @type {Value} */ value) => drawValue(value, visit));
    if (kind === "alarm" && detail.alarms) drawAlarms(detail);
    else if (kind !== "reading" || detail.values?.filter((/** @type {Value} */ value) => isCharted(value, visit)).length) refresh(kind);
    document.dispatchEvent(new CustomEvent(`live:${kind}`, { detail }));
  }

  tick() {
    this.wake();
    const silent = Math.max(performance.now() - this.heardAt, undrawn());
    if (silent > SILENCE_MS) this.cover(silent);
    else drawAges();
    drawWhatTimeChanged();
    drawWaiting();
    watch(this.place, this.lost);
    // Alarms sound as they stand on the page, whoever drew them.
    repeatSound();
    dropTakeBacks();
  }

  /** Where the machine slept its steady clock stood still and the other went on: what is shown is as old as that, and the
   * connection is of before. @returns {void} */
  wake() {
    const apart = Date.now() - performance.now();
    const slept = apart - (this.apart ?? apart) > SLEPT_MS;
    this.apart = apart;
    if (!slept) return;
    this.why = "this screen slept";
    this.heardAt = performance.now() - SILENCE_MS - 1;
    forgetServer();
    this.open();
  }

  /** D2: five seconds without a heartbeat and the numbers are covered, with the server dead or alive. @param {number} silent */
  cover(silent) {
    if (!this.lost) {
      this.lost = true;
      document.documentElement.dataset.connection = "lost";
      document.dispatchEvent(new CustomEvent("live:lost"));
      covers().forEach((place) => showCover(place, true));
      document.querySelectorAll("[data-age-of-all]").forEach((place) => (place.textContent = "NOT LIVE"));
    }
    if (performance.now() - this.tonedAt > TONE_AGAIN_MS) {
      this.tonedAt = performance.now();
      sound("medium", true);
    }
    // Without a connection nothing can be drawn anew either: the cause is said, not its consequence.
    const why = performance.now() - this.heardAt > SILENCE_MS ? this.why : "this page cannot be drawn anew";
    document.querySelectorAll("[data-lost-why]").forEach((place) => (place.textContent = why));
    document.querySelectorAll("[data-lost-for]").forEach((place) => (place.textContent = mmss(silent / 1000)));
    if (performance.now() > this.retryAt) this.retry();
  }

  back() {
    this.lost = false;
    document.documentElement.dataset.connection = "live";
    covers().forEach((place) => showCover(place, false));
    refresh("all");
    document.dispatchEvent(new CustomEvent("live:back"));
  }

  async retry() {
    this.retryAt = performance.now() + RETRY_MS;
    // On a line that takes everything and answers nothing, neither may be waited for without end.
    if (this.renewing) return;
    if (this.source?.readyState === EventSource.CONNECTING && performance.now() - this.openedAt < CONNECT_MS) return;
    // One that goes on saying that nothing is judged or stored is no dead line; one that has fallen silent is, whatever it said.
    const speaks = this.source?.readyState === EventSource.OPEN && performance.now() - this.saidAt < CONNECT_MS;
    if (this.why !== "connection lost" && speaks) return;
    await this.renewTicket();
    this.open();
    // A chair that is theirs since is told of by the new ticket alone.
    if (document.querySelector("[data-own]")) refresh("state");
  }

  /** A ticket lasts its time; another is read from the door the page names, or from the page itself. A busy server needs
   * longer for a page than a dead line may keep us: each time that was too short, the next is longer.
   * @returns {Promise<boolean>} */
  async renewTicket() {
    const door = this.place.dataset.liveTicket;
    const headers = { Accept: door ? "application/json" : "text/html", "X-Unattended": "yes" };
    this.renewing = true;
    try {
      const answer = await fetch(door ?? here(), { headers, signal: AbortSignal.timeout(this.patience) });
      if (!answer.ok) return false;
      const next = door ? (await answer.json()).url : liveIn(await answer.text());
      if (!next) return false; // signed out, or nothing is watched here any more
      this.address = next;
      this.patience = TICKET_MS;
      return true;
    } catch {
      // Still cut off: the next try asks again.
      this.patience = Math.min(2 * this.patience, TICKET_MOST_MS);
      return false;
    } finally {
      this.renewing = false;
    }
  }
}

/** @param {string} html @returns {string | undefined} */
function liveIn(html) {
  const place = new DOMParser().parseFromString(html, "text/html").querySelector("[data-live]");
  return place instanceof HTMLElement ? place.dataset.live : undefined;
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
  const why = document.createElement("span");
  why.dataset.lostWhy = "";
  line.append("NOT LIVE – ", why, " ", time, " – use the bedside monitor");
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
    // What nobody watches (A9), or judges (D9), shows no number, whatever is sent: the server's next drawing ends it.
    if (tile.dataset.state === "not monitored" || "unjudged" in tile.dataset || isOlder(value, tile)) continue;
    // What a person typed is no stream's: the server draws it beside the state of the monitor (T2).
    if (value.source === "hand" && !value.channel.startsWith("NIBP")) {
      refresh("state");
      continue;
    }
    tile.dataset.said = saidBy(value);
    if (tile.dataset.said === "bad quality") continue; // no number of it, and the last good one keeps its time (T3)
    if (value.value !== null && value.value !== undefined) parts.set(value.channel, value);
    const wanted = (tile.dataset.channel ?? "").split(" ").map((channel) => parts.get(channel));
    // A pressure is one thing: systolic of one cuff never stands beside diastolic of another.
    if (wanted.some((part) => part?.taken_at !== wanted[0]?.taken_at) || !wanted[0]) continue;
    tile.dataset.value = wanted.map((part) => part?.value).join("/");
    tile.dataset.takenAt = wanted[0].taken_at;
  }
}

/** A value that came late, or was entered for an earlier time, belongs on the chart and not over a newer one.
 * @param {Value} value @param {HTMLElement} tile */
function isOlder(value, tile) {
  return Date.parse(value.taken_at) < Date.parse(tile.dataset.takenAt ?? "");
}

/** @type {WeakMap<HTMLElement, Map<string, Value>>} */
const heard = new WeakMap();

/** What was last told of each channel that is measured now and then. @type {Map<string, string>} */
const charted = new Map();

/** A stream's value is painted, once a second; what is measured now and then or typed stands in the chart, which is asked
 * for anew. A monitor that repeats its last cuff pressure with every message tells nothing new.
 * @param {Value} value @param {string | undefined} visit */
function isCharted(value, visit) {
  if (value.source === "hand") return true;
  if (!value.channel.startsWith("NIBP") && value.channel !== "TEMP") return false;
  const good = !value.quality || value.quality === "good";
  const told = good ? `${value.value} ${value.taken_at}` : `${value.quality} ${value.value}`;
  const key = `${visit} ${value.channel}`;
  const isNew = charted.get(key) !== told;
  charted.set(key, told);
  return isNew;
}

/** A moment has come at which time alone makes words untrue: a check is due, a column opens, the dose has run on. */
function drawWhatTimeChanged() {
  const now = serverNow();
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-next]"))) {
    if (now === null || !(now / 1000 > at(place.dataset.next))) continue;
    delete place.dataset.next;
    refresh("clock");
  }
}

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
const WORDS = { live: "live", stale: "stale", lost: "signal lost", "bad quality": "bad signal", "not monitored": "NOT MONITORED", intermittent: "last reading" };

function drawAges() {
  let youngest = Infinity;
  document.querySelectorAll("[data-channel]").forEach((tile) => {
    const age = drawAge(/** @type {HTMLElement} */ (tile));
    if (age !== null) youngest = Math.min(youngest, age);
  });
  document.querySelectorAll("[data-age-of-all]").forEach((place) => {
    if (youngest < Infinity) place.textContent = ago(youngest);
  });
  running("time[data-since]", (place, now) => mmss(Math.max(0, now - at(place.dataset.since))));
  running("time[data-without]", (place, now) => spent(Math.max(0, now - at(place.dataset.without))));
  running("time[data-until]", (place, now) => mmss(Math.max(0, at(place.dataset.until) - now)));
  running("[data-due]", (place, now) => dueWords(at(place.dataset.due) - now, place.dataset.late !== undefined));
}

/** Words that time alone makes untrue. @param {string} selector @param {(place: HTMLElement, now: number) => string} words */
function running(selector, words) {
  const now = serverNow();
  if (now === null) return;
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) {
    const said = words(place, now / 1000);
    if (!said.includes("NaN") && place.textContent !== said) place.textContent = said;
  }
}

/** @param {string | undefined} iso */
const at = (iso) => Date.parse(iso ?? "") / 1000;

/** As the server writes it. @param {number} left @param {boolean} late */
function dueWords(left, late) {
  const words = mmss(Math.abs(left)).replace(/^0(?=\d:)/, "");
  return left >= 0 ? `in ${words}` : late ? `${words} late` : `since ${words}`;
}

/** @param {HTMLElement} tile @returns {number | null} */
function drawAge(tile) {
  if (secondsSince(tile.dataset.until)) {
    delete tile.dataset.until; // watched again by itself: the server draws what is there now
    refresh("state");
  }
  const age = secondsSince(tile.dataset.takenAt);
  const said = tile.dataset.said ?? tile.dataset.state ?? "lost";
  if (age === null || said === "not monitored") return null;
  tile.dataset.value ??= tile.querySelector("[data-value]")?.textContent ?? "";
  drawTile(tile, said, age, tile.dataset.value ?? "");
  return age;
}

/** The one way a number gets onto a page: with its age and its state (T1).
 * @param {HTMLElement} tile @param {string} said @param {number} age @param {string} value @param {number | null} shownAge */
export function drawTile(tile, said, age, value, shownAge = age) {
  const state = stateOf(said, age, Number(tile.dataset.interval ?? 1));
  const dashes = state === "lost" || state === "bad quality";
  put(tile, "[data-value]", dashes ? "---" : value);
  put(tile, "[data-age]", shownAge === null ? "" : ago(shownAge));
  put(tile, "[data-state-word]", WORDS[state] ?? state);
  put(tile, "[data-last]", dashes ? lastWords(tile, value) : "");
  if (tile.dataset.state !== state) restate(tile, state);
}

/** T2: what it was last stands below, with its time; where the page began without a number, as the server wrote it.
 * @param {HTMLElement} tile @param {string} value */
function lastWords(tile, value) {
  if (value === "---") return tile.dataset.lastWords ?? "";
  const unit = tile.querySelector(".vital__unit")?.textContent ?? "";
  const taken = tile.dataset.takenAt;
  return ` last ${value} ${unit.trim()}${taken ? ` at ${clinicTime(taken, true)}` : ""}`;
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
