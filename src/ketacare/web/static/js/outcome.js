// The outcome curve: one scale over the course. Bands behind, response and remission as lines with names, doses on the
// axis, therapy as bars, side effects as ticks, and what was not answered as a hollow mark, never as a line through it.

import { colours, dataOf, font, ratio, redrawWhen, sayFailed, uPlot } from "./chart.js";

const DAY_S = 86400;
const HOUR_S = 3600;
// A dose is drawn between these radii, by its mg.
const [SMALL, LARGE] = [4, 8];

/** @param {Document} root */
export function start(root) {
  root.querySelectorAll("[data-outcome]").forEach((figure) => {
    wake(/** @type {HTMLElement} */ (figure)).catch(() => sayFailed(/** @type {HTMLElement} */ (figure)));
  });
}

/** @param {HTMLElement} figure */
async function wake(figure) {
  const [Plot, data] = await Promise.all([uPlot(), dataOf(figure)]);
  const place = /** @type {HTMLElement} */ (figure.querySelector("[data-canvas]"));
  const cursor = /** @type {HTMLElement} */ (figure.querySelector("[data-cursor]"));
  /** @type {any} */
  let plot = null;
  const build = () => {
    plot?.destroy();
    plot = new Plot(options(data, place.clientWidth, colours(), cursor), [span(data), [null, null]], place);
  };
  build();
  redrawWhen(place, build);
}

/** @param {string} on */
const at = (on) => Date.parse(on.length === 10 ? `${on}T12:00:00Z` : on) / 1000;

/** With `zero` the chart is a zoom in hours around one dose, otherwise it is a course in days. @param {any} data @returns {[number, number]} */
function span(data) {
  const all = [...data.points, ...(data.doses ?? []), ...(data.effects ?? [])].map((/** @type {any} */ mark) => at(mark.on));
  const [before, after] = data.zero ? [2 * HOUR_S, 8 * HOUR_S] : [2 * DAY_S, 4 * DAY_S];
  return [Math.min(...all) - before, Math.max(...all) + after];
}

/** @param {any} data @param {number} width @param {any} c @param {HTMLElement} cursor */
function options(data, width, c, cursor) {
  const look = { stroke: c.soft, font: "12px Inter, system-ui, sans-serif", ticks: { show: false } };
  return {
    width,
    height: 320,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: true }, y: { range: [0, data.max] } },
    axes: [
      { ...look, size: 64, gap: 32, grid: { show: false }, space: 80, ...moments(data) },
      { ...look, size: 40, grid: { show: false }, splits: () => levels(data) },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    hooks: {
      drawClear: [(/** @type {any} */ u) => drawBands(u, data, c)],
      draw: [(/** @type {any} */ u) => drawCourse(u, data, c)],
      setCursor: [(/** @type {any} */ u) => read(u, data, cursor)],
    },
  };
}

/** Where the axis is marked, and how: T+ hours in a zoom, days in a course. @param {any} data */
function moments(data) {
  if (!data.zero) return { values: (/** @type {any} */ _u, /** @type {number[]} */ days) => days.map(dayOf) };
  const zero = at(data.zero);
  return {
    splits: (/** @type {any} */ _u, /** @type {number} */ _i, /** @type {number} */ from, /** @type {number} */ to) =>
      [-24, -12, 0, 6, 12, 24, 36, 48, 60, 72].map((hour) => zero + hour * HOUR_S).filter((moment) => moment >= from && moment <= to),
    values: (/** @type {any} */ _u, /** @type {number[]} */ marks) => marks.map((moment) => hourOf(moment, zero)),
  };
}

/** @param {number} moment @param {number} zero */
function hourOf(moment, zero) {
  const hours = Math.round((moment - zero) / HOUR_S);
  return `T${hours < 0 ? "−" : "+"}${Math.abs(hours)} h`;
}

/** @param {any} data @param {any} dose */
function sizeOf(data, dose) {
  const most = Math.max(...data.doses.map((/** @type {any} */ one) => one.mg ?? 0));
  return dose.mg && most ? SMALL + (LARGE - SMALL) * (dose.mg / most) : SMALL + 1;
}

/** @param {any} data @returns {number[]} */
function levels(data) {
  return [...new Set([0, ...(data.bands ?? []).map((/** @type {any} */ band) => band.from), data.max])];
}

/** @param {number} seconds */
function dayOf(seconds) {
  const day = new Date(seconds * 1000);
  return `${day.getUTCDate()}-${day.toLocaleString("en", { month: "short", timeZone: "UTC" })}`;
}

/** @param {any} u @param {any} data @param {any} c */
function drawBands(u, data, c) {
  const pen = u.ctx;
  (data.bands ?? []).forEach((/** @type {any} */ band, /** @type {number} */ i) => {
    const top = u.valToPos(Math.min(band.to + 1, data.max), "y", true);
    const bottom = u.valToPos(band.from, "y", true);
    pen.fillStyle = c.line;
    pen.globalAlpha = 0.12 + 0.11 * i;
    pen.fillRect(u.bbox.left, top, u.bbox.width, bottom - top);
    pen.globalAlpha = 1;
    write(pen, band.words, u.bbox.left + u.bbox.width - 6 * ratio(), top + 13 * ratio(), c.faint, 400, "right");
  });
}

/** @param {any} u @param {any} data @param {any} c */
function drawCourse(u, data, c) {
  for (const line of data.lines ?? []) drawLine(u, line, c);
  drawFloor(u, data, c);
  drawCurve(u, data, c);
}

/** @param {any} u @param {any} line @param {any} c */
function drawLine(u, line, c) {
  const pen = u.ctx;
  const y = u.valToPos(line.value, "y", true);
  pen.strokeStyle = c.ink;
  pen.lineWidth = ratio();
  pen.setLineDash([6 * ratio(), 4 * ratio()]);
  trace(pen, [[u.bbox.left, y], [u.bbox.left + u.bbox.width, y]]);
  pen.setLineDash([]);
  write(pen, line.words, u.bbox.left + 6 * ratio(), y - 5 * ratio(), c.ink, 600);
}

/** Between the curve and the dates: doses, therapy and side effects, each with its own shape. @param {any} u @param {any} data @param {any} c */
function drawFloor(u, data, c) {
  const pen = u.ctx;
  const floor = u.bbox.top + u.bbox.height;
  for (const stay of data.therapy ?? []) {
    const [from, to] = [place(u, stay.from_on), place(u, stay.to_on)];
    pen.fillStyle = c.moss;
    pen.fillRect(from, floor + 20 * ratio(), Math.max(to - from, 6 * ratio()), 5 * ratio());
  }
  for (const dose of data.doses ?? []) disc(pen, place(u, dose.on), floor + 10 * ratio(), sizeOf(data, dose), c.act, true);
  for (const effect of data.effects ?? []) {
    pen.fillStyle = c.ink;
    pen.fillRect(place(u, effect.on) - ratio(), floor + 28 * ratio(), 2 * ratio(), 7 * ratio());
  }
}

/** @param {any} u @param {any} data @param {any} c */
function drawCurve(u, data, c) {
  const pen = u.ctx;
  pen.strokeStyle = c.plum;
  pen.lineWidth = 2.25 * ratio();
  /** @type {[number, number] | null} */
  let before = null;
  for (const point of data.points) {
    const x = place(u, point.on);
    if (point.missing || point.value === null) {
      drawMissing(u, x, c);
      before = null;
      continue;
    }
    /** @type {[number, number]} */
    const here = [x, u.valToPos(point.value, "y", true)];
    pen.strokeStyle = c.plum;
    pen.lineWidth = 2.25 * ratio();
    if (before) trace(pen, [before, here]);
    disc(pen, here[0], here[1], 4, c.plum, true);
    before = here;
  }
  const last = [...data.points].reverse().find((point) => point.value !== null);
  if (last) write(pen, String(last.value), place(u, last.on) + 9 * ratio(), u.valToPos(last.value, "y", true) + 5 * ratio(), c.plum, 600);
}

/** @param {any} u @param {number} x @param {any} c */
function drawMissing(u, x, c) {
  const y = u.bbox.top + 14 * ratio();
  disc(u.ctx, x, y, 4.5, c.plum, false);
  write(u.ctx, "missing", x, y + 17 * ratio(), c.soft, 400, "center");
}

/** @param {any} u @param {string} on */
function place(u, on) {
  return u.valToPos(at(on), "x", true);
}

/** @param {any} pen @param {[number, number][]} points */
function trace(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

/** @param {any} pen @param {number} x @param {number} y @param {number} radius @param {string} colour @param {boolean} solid */
function disc(pen, x, y, radius, colour, solid) {
  pen.beginPath();
  pen.arc(x, y, radius * ratio(), 0, 7);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = 1.5 * ratio();
  if (solid) pen.fill();
  else pen.stroke();
}

/** @param {any} pen @param {string} words @param {number} x @param {number} y @param {string} colour @param {number} weight @param {CanvasTextAlign} align */
function write(pen, words, x, y, colour, weight = 400, align = "left") {
  pen.font = font(12, weight);
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.textBaseline = "alphabetic";
  pen.fillText(words, x, y);
}

/** @param {any} u @param {any} data @param {HTMLElement} cursor */
function read(u, data, cursor) {
  if (u.cursor.left === undefined || u.cursor.left < 0) return;
  const moment = u.posToVal(u.cursor.left, "x");
  const reach = data.zero ? 3 * HOUR_S : DAY_S;
  const near = (/** @type {any[]} */ marks) => (marks ?? []).filter((mark) => Math.abs(at(mark.on) - moment) < reach);
  const parts = [data.zero ? hourOf(moment, at(data.zero)) : dayOf(moment)];
  for (const point of near(data.points)) parts.push(point.value === null ? "not answered" : `${data.scale} ${point.value}`);
  for (const dose of near(data.doses)) parts.push(`dose ${dose.words}`);
  for (const effect of near(data.effects)) parts.push(effect.words);
  cursor.textContent = parts.join("  ·  ");
}
