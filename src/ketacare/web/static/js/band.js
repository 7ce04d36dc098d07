// The predicted band above the dose bar: light, dashed, always with the words. It is read from what the predicted course
// brought; without it the lane holds the dose alone. Nothing here is a measurement, and nothing listens to it (A19).

import { font, ratio } from "./chart.js";

/** @typedef {{ visit: string, times: number[], low: number[], middle: number[], high: number[], now: number, top: number }} Band */

export const WORDS = "predicted, not measured";

/** What the page holds of this visit just now. @param {string} visit @returns {Band | null} */
export function bandOf(visit) {
  const written = document.querySelector("#predicted script[data-dose-band]");
  const band = written ? /** @type {Band} */ (JSON.parse(written.textContent ?? "{}")) : null;
  return band?.visit === visit ? band : null;
}

/** Its lane lies between `foot` and `head` of the scale. @param {any} u @param {Band} band @param {{ plum: string, soft: string }} c @param {[number, number]} lane */
export function drawBand(u, band, c, [foot, head]) {
  const pen = u.ctx;
  const x = (/** @type {number} */ i) => u.valToPos(band.times[i], "x", true);
  const y = (/** @type {number} */ value) => u.valToPos(foot + ((head - foot) * value) / band.top, "lane", true);
  const line = (/** @type {number[]} */ values, /** @type {boolean} */ back) => {
    for (let n = 0; n < values.length; n += 1) {
      const i = back ? values.length - 1 - n : n;
      if (n || back) pen.lineTo(x(i), y(values[i]));
      else pen.moveTo(x(i), y(values[i]));
    }
  };
  pen.fillStyle = pen.strokeStyle = c.plum;
  pen.globalAlpha = 0.16;
  pen.beginPath();
  line(band.high, false);
  line(band.low, true);
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 1.5 * ratio();
  pen.setLineDash([5 * ratio(), 4 * ratio()]);
  pen.beginPath();
  line(band.middle, false);
  pen.stroke();
  pen.setLineDash([]);
  pen.font = font(12);
  pen.fillStyle = c.soft;
  pen.textAlign = "right";
  pen.textBaseline = "top";
  const edge = u.bbox.left + u.bbox.width - 4 * ratio();
  const words = `ketamine, 5th to 95th percentile, 0 to ${band.top} ng/mL`;
  const one = `${WORDS}: ${words}`;
  const top = u.valToPos(head + 0.7, "lane", true);
  const rows = pen.measureText(one).width < u.bbox.width - 8 * ratio() ? [one] : [WORDS, words]; // a phone has room for two
  rows.forEach((row, n) => pen.fillText(row, edge, top + 14 * n * ratio(), u.bbox.width - 8 * ratio()));
}

/** What is read off at a minute. @param {Band | null} band @param {number} t */
export function readBand(band, t) {
  if (!band || t < band.times[0] || t > band.times[band.times.length - 1]) return "";
  const place = band.times.findIndex((time) => time >= t);
  return `${WORDS} ${band.middle[place]} (${band.low[place]} to ${band.high[place]}) ng/mL`;
}
