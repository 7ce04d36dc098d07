// A finished session played again: the tiles, the alarm bar, the trend and the timeline as they stood at a moment. Silent:
// nothing here is happening, and nothing of it may be taken for an alarm.

import { drawAlarms } from "./alarms.js";
import { mmss } from "./clock.js";
import { drawTile } from "./live.js";

const EVERY_MS = 200;

/** One that somebody typed ends with true.
 * @typedef {[t: number, value: number | null, typed?: boolean]} Value
 * @typedef {{ t: number, alarms: any[] }} Frame
 * @typedef {{ from: number, until: number, values: Record<string, Value[]>, said: Record<string, string>, alarms: Frame[], lines: { t: number, mark: string, words: string, who: string }[] }} Course */

/** @param {Document} root */
export function start(root) {
  const place = root.querySelector("[data-replay]");
  const written = place?.querySelector("[data-course]");
  if (place instanceof HTMLElement && written) new Replay(place, JSON.parse(written.textContent ?? "{}"));
}

class Replay {
  /** @param {HTMLElement} place @param {Course} course */
  constructor(place, course) {
    this.place = place;
    this.course = course;
    this.startedAt = Date.parse(JSON.parse(place.querySelector("[data-chart]")?.textContent ?? "{}").started_at);
    this.t = course.from;
    this.playing = false;
    this.drawnAt = performance.now();
    this.slider = /** @type {HTMLInputElement} */ (this.part("[data-place]"));
    this.part("[data-play]").addEventListener("click", () => this.play(!this.playing));
    this.part("[data-alarm-next]").addEventListener("click", () => this.leap(1));
    this.part("[data-alarm-before]").addEventListener("click", () => this.leap(-1));
    this.part("[data-replay-acts]").addEventListener("submit", (event) => event.preventDefault());
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => this.step(/** @type {KeyboardEvent} */ (event)));
    document.addEventListener("trend:built", () => this.draw());
    setInterval(() => this.tick(), EVERY_MS);
    this.draw();
  }

  /** @param {string} selector @returns {HTMLElement} */
  part(selector) {
    return /** @type {HTMLElement} */ (this.place.querySelector(selector));
  }

  /** @param {boolean} on */
  play(on) {
    if (on && this.t >= this.course.until) this.t = this.course.from;
    this.playing = on;
    this.drawnAt = performance.now();
    this.part("[data-play]").textContent = on ? "Pause" : "Play";
  }

  tick() {
    const passed = (performance.now() - this.drawnAt) / 1000;
    this.drawnAt = performance.now();
    if (!this.playing) return;
    this.t = Math.min(this.course.until, this.t + passed * Number(/** @type {HTMLSelectElement} */ (this.part("[data-speed]")).value));
    if (this.t >= this.course.until) this.play(false);
    this.draw();
  }

  /** @param {number} t */
  go(t) {
    this.t = Math.min(this.course.until, Math.max(this.course.from, t));
    this.draw();
  }

  /** The arrows go ten seconds, with Shift one; Page keys a minute. @param {KeyboardEvent} event */
  step(event) {
    const far = { ArrowLeft: -10, ArrowDown: -10, ArrowRight: 10, ArrowUp: 10, PageUp: 60, PageDown: -60 }[event.key];
    if (!far) return;
    event.preventDefault();
    this.go(Math.round(this.t) + (event.shiftKey ? Math.sign(far) : far));
  }

  /** To where an alarm began. @param {1 | -1} way */
  leap(way) {
    const begun = this.course.alarms.filter((frame, i) => frame.alarms.some((alarm) => alarm.state === "present" && !this.stood(i - 1, alarm.id)));
    const next = way > 0 ? begun.find((frame) => frame.t > this.t + 0.5) : begun.filter((frame) => frame.t < this.t - 0.5).pop();
    if (next) this.go(next.t);
  }

  /** @param {number} i @param {string} id */
  stood(i, id) {
    return this.course.alarms[i]?.alarms.some((alarm) => alarm.id === id && alarm.state === "present") ?? false;
  }

  draw() {
    this.slider.value = String(Math.round(this.t));
    const clock = this.t < 0 ? `T−${mmss(-this.t)}` : `T+${mmss(this.t)}`;
    this.part("[data-replay-clock]").textContent = clock;
    this.slider.setAttribute("aria-valuetext", clock);
    this.place.querySelectorAll("[data-channel]").forEach((tile) => this.drawValue(/** @type {HTMLElement} */ (tile)));
    this.drawBar();
    this.drawLines();
    document.dispatchEvent(new CustomEvent("replay:at", { detail: { minutes: this.t / 60 } }));
  }

  /** @param {HTMLElement} tile */
  drawValue(tile) {
    const channels = (tile.dataset.channel ?? "").split(" ");
    const parts = channels.map((channel) => lastOf(this.course.values[channel] ?? [], this.t));
    const [first] = parts;
    const whole = first && parts.every((part) => part && part[0] === first[0] && part[1] !== null);
    if (!whole || !first) return drawTile(tile, "lost", 0, "---", first ? this.t - first[0] : null);
    const age = this.t - first[0];
    const said = first[2] ? "intermittent" : (this.course.said[channels.join(" ")] ?? "live");
    drawTile(tile, said, age, parts.map((part) => part?.[1]).join("/"), age);
    if (tile.dataset.state === "live") put(tile, "[data-state-word]", "was");
  }

  drawBar() {
    const frame = lastFrame(this.course.alarms, this.t);
    drawAlarms({ alarms: frame?.alarms ?? [] }, true);
    document.querySelectorAll("[data-alarms] time[data-since]").forEach((place) => {
      const since = Date.parse(/** @type {HTMLElement} */ (place).dataset.since ?? "");
      if (!Number.isNaN(since)) place.textContent = mmss(Math.max(0, this.t - (since - this.startedAt) / 1000));
    });
  }

  /** Newest first, as at the chair; the list is made again only when a line came or went. */
  drawLines() {
    const list = this.part("[data-replay-lines]");
    const told = this.course.lines.filter((line) => line.t <= this.t);
    if (list.childElementCount === told.length) return;
    list.replaceChildren(...told.reverse().map(drawLine));
  }
}

/** @param {HTMLElement} tile @param {string} selector @param {string} words */
function put(tile, selector, words) {
  const place = tile.querySelector(selector);
  if (place) place.textContent = words;
}

/** @template {{ 0: number }} T @param {T[]} rows in order @param {number} t @returns {T | undefined} the last at or before t */
function lastOf(rows, t) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] <= t) low = middle + 1;
    else high = middle;
  }
  return rows[low - 1];
}

/** @param {Frame[]} frames @param {number} t */
function lastFrame(frames, t) {
  let found;
  for (const frame of frames) {
    if (frame.t > t) break;
    found = frame;
  }
  return found;
}

/** @param {{ t: number, mark: string, words: string, who: string }} line */
function drawLine(line) {
  const row = document.createElement("li");
  row.className = "entry";
  for (const [classes, words] of [["entry__when", line.mark], ["entry__what", line.words], ["entry__who", line.who]]) {
    const part = document.createElement("div");
    part.className = classes;
    part.textContent = words;
    row.append(part);
  }
  return row;
}
