// The session's trend, after the anaesthesia habit: systolic ∨ and diastolic ∧ joined by a bar, mean a dash, heart rate a
// dot, SpO2 on its own strip, dose and events beneath. Axes are fixed and the same for everyone. Gaps are gaps (T4).

import { bandOf, drawBand, readBand } from "./band.js";
import { colours, dataOf, font, ratio, redrawWhen, sayFailed, uPlot } from "./chart.js";

/** One without a value is a gap: nothing is drawn there, and no line leads over it (T4).
 * @typedef {{ channel: string, t: number, value: number | null, quality?: string }} Point
 * @typedef {Point & { value: number }} Seen */

const PRESSURE = { sys: ["NIBP_SYS", "ABP_SYS"], dia: ["NIBP_DIA", "ABP_DIA"], mean: ["NIBP_MEAN", "ABP_MEAN"] };
const RATE = ["HR", "PR"];
const LEFT = 46;
const RIGHT = 52;

/** @param {Document} root */
export function start(root) {
  root.querySelectorAll("[data-trend]").forEach((figure) => {
    wake(/** @type {HTMLElement} */ (figure)).catch(() => sayFailed(/** @type {HTMLElement} */ (figure)));
  });
}

/** @param {HTMLElement} figure */
async function wake(figure) {
  const [Plot, data] = await Promise.all([uPlot(), dataOf(figure)]);
  const place = /** @type {HTMLElement} */ (figure.querySelector("[data-canvas]"));
  const trend = new Trend(Plot, place, /** @type {HTMLElement} */ (figure.querySelector("[data-cursor]")), data);
  trend.build();
  redrawWhen(place, () => trend.build());
  document.addEventListener("replay:at", (event) => trend.showUntil(/** @type {CustomEvent} */ (event).detail.minutes));
  document.dispatchEvent(new CustomEvent("trend:built"));
  document.addEventListener("live:reading", (event) => trend.hear(/** @type {CustomEvent} */ (event).detail));
  document.addEventListener("htmx:afterSettle", (event) => {
    if (/** @type {HTMLElement} */ (event.target).id === "predicted") trend.foresee();
  });
  // What was predicted once is not drawn on when its next answer fails, or when the page no longer follows anything.
  for (const kind of ["live:lost", "htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      const shown = document.getElementById("predicted");
      if (!shown || (event.target !== document && event.target !== shown && /** @type {any} */ (event).detail?.target !== shown)) return;
      shown.textContent = "Predicted course: no answer, so nothing is drawn.";
      trend.foresee();
    });
  }
}

class Trend {
  /** @param {any} Plot @param {HTMLElement} place @param {HTMLElement} cursor @param {any} data */
  constructor(Plot, place, cursor, data) {
    this.Plot = Plot;
    this.place = place;
    this.cursor = cursor;
    this.data = data;
    /** @type {Point[]} */
    this.points = data.readings.map((/** @type {any} */ r) => ({ ...r, t: r.t ?? this.minutesAt(r.taken_at), value: numberOf(r.value) }));
    this.points.sort((a, b) => a.t - b.t);
    /** @type {any[]} */
    this.plots = [];
    this.due = false;
    /** In a replay: the moment shown. */
    this.now = Infinity;
    this.every = this.points;
    /** @type {import("./band.js").Band | null} */
    this.band = bandOf(data.visit);
  }

  /** @param {string} iso */
  minutesAt(iso) {
    return (Date.parse(iso) - Date.parse(this.data.started_at)) / 60000;
  }

  /** New readings are added where they happened; the picture is redrawn at most once a frame. @param {any} body */
  hear(body) {
    if (body.visit !== this.data.visit) return;
    for (const value of body.values ?? []) {
      this.points.push({ channel: value.channel, t: this.minutesAt(value.taken_at), value: numberOf(value.value), quality: value.quality });
    }
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => this.refresh());
  }

  /** The predicted course came, or was taken away; the lane has room for it only while there is one. */
  foresee() {
    const had = this.band !== null;
    this.band = bandOf(this.data.visit);
    if (had === (this.band !== null)) this.refresh();
    else this.build();
  }

  /** A replay: what came later is not there yet. @param {number} minutes */
  showUntil(minutes) {
    this.now = minutes;
    this.points = this.every.filter((point) => point.t <= minutes);
    this.refresh();
  }

  refresh() {
    this.due = false;
    this.points.sort((a, b) => a.t - b.t);
    for (const plot of this.plots) plot.setData(this.frame());
  }

  build() {
    this.plots.forEach((plot) => plot.destroy());
    this.c = colours();
    const width = this.place.clientWidth;
    this.plots = [
      this.plot(width, 260, { bp: [40, 220], hr: [40, 180] }, (u) => this.drawMain(u), mainAxes(this.c)),
      this.plot(width, 96, { spo2: [80, 100] }, (u) => this.drawOxygen(u), oxygenAxes(this.c)),
      this.plot(width, this.band ? 172 : 92, { lane: [0, this.band ? 5 : 2] }, (u) => this.drawLane(u), laneAxes(this.c, (t) => this.clock(t), this.band !== null)),
    ];
  }

  /** Two invisible points hold the range of time; everything seen is drawn by hand below. */
  frame() {
    const last = this.points.length ? this.points[this.points.length - 1].t : 0;
    const first = Math.min(-5, (this.points[0]?.t ?? 0) - 3);
    return [
      [first, Math.max(this.data.minutes ?? 60, last + 5)],
      [null, null],
    ];
  }

  /** @param {number} width @param {number} height @param {Record<string, [number, number]>} ranges @param {(u: any) => void} draw @param {any[]} axes */
  plot(width, height, ranges, draw, axes) {
    /** @type {Record<string, any>} */
    const scales = { x: { time: false } };
    for (const [name, range] of Object.entries(ranges)) scales[name] = { range };
    const options = {
      width,
      height,
      scales,
      axes,
      padding: [8, axes.some((axis) => axis.side === 1) ? 0 : RIGHT, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: "trend" } },
      series: [{}, { scale: Object.keys(ranges)[0], paths: () => null, points: { show: false } }],
      hooks: { draw: [draw], setCursor: [(/** @type {any} */ u) => this.read(u)] },
    };
    return new this.Plot(options, this.frame(), this.place);
  }

  /** @param {number} t minutes */
  clock(t) {
    const at = new Date(Date.parse(this.data.started_at) + t * 60000);
    return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: this.data.zone });
  }

  /** @param {string[]} channels */
  of(channels) {
    return this.points.filter((point) => channels.includes(point.channel)).filter(isSeen);
  }

  /** @param {any} u */
  drawMain(u) {
    const pen = u.ctx;
    const [left, right, top] = [u.bbox.left, u.bbox.left + u.bbox.width, u.bbox.top + 12 * ratio()];
    inside(u, () => {
      write(u, "∨ ∧ mmHg", left + 4 * ratio(), top, this.c?.ink ?? "", 600);
      write(u, "● HR /min", right - 4 * ratio(), top, this.c?.plum ?? "", 600, "right");
      this.drawLimits(u, "bp", [...PRESSURE.sys, ...PRESSURE.dia, ...PRESSURE.mean], "BP ");
      this.drawLimits(u, "hr", RATE, "HR ");
      this.drawBaseline(u);
      this.behind(u, (earlier) => {
        this.drawPressures(u, earlier);
        for (const point of earlier.filter((one) => RATE.includes(one.channel))) dot(u, point.t, point.value, "hr", 1.5, this.c?.plum ?? "", true);
      });
      this.drawPressures(u, this.points);
      if (this.now !== Infinity) stroke(u, [[this.now, 40], [this.now, 220]], "bp", this.c?.ink ?? "", 1, false);
      for (const point of this.of(RATE)) dot(u, point.t, point.value, "hr", 2, this.c?.plum ?? "", isGood(point));
    });
  }

  /** The last session, faint and beneath this one. @param {any} u @param {(earlier: Seen[]) => void} draw */
  behind(u, draw) {
    u.ctx.globalAlpha = 0.28;
    draw((this.data.previous ?? []).filter(isSeen));
    u.ctx.globalAlpha = 1;
  }

  /** @param {any} u @param {Point[]} points */
  drawPressures(u, points) {
    const seen = points.filter(isSeen);
    const sys = seen.filter((p) => PRESSURE.sys.includes(p.channel));
    const dia = seen.filter((p) => PRESSURE.dia.includes(p.channel));
    const mean = seen.filter((p) => PRESSURE.mean.includes(p.channel));
    const ink = this.c?.ink ?? "";
    for (const top of sys) {
      const low = dia.find((p) => p.t === top.t);
      if (low) stroke(u, [[top.t, top.value], [low.t, low.value]], "bp", ink, 1, !isGood(top));
      arrow(u, top.t, top.value, -1, ink, isGood(top));
    }
    for (const low of dia) arrow(u, low.t, low.value, 1, ink, isGood(low));
    for (const middle of mean) dash(u, middle.t, middle.value, ink);
  }

  /** @param {any} u @param {string} scale @param {string[]} channels @param {string} [prefix] */
  drawLimits(u, scale, channels, prefix = "") {
    const pen = u.ctx;
    for (const limit of this.data.limits ?? []) {
      if (!channels.includes(limit.channel)) continue;
      level(u, limit.value, scale, this.c?.soft ?? "", [7 * ratio(), 4 * ratio()]);
      pen.font = font(12);
      pen.fillStyle = this.c?.soft ?? "";
      pen.textBaseline = "alphabetic";
      pen.textAlign = scale === "hr" ? "left" : "right";
      const x = scale === "hr" ? u.bbox.left + 4 * ratio() : u.bbox.left + u.bbox.width - 4 * ratio();
      pen.fillText(limit.words ?? `${prefix}${limit.value}`, x, u.valToPos(limit.value, scale, true) - 5 * ratio());
    }
  }

  /** @param {any} u */
  drawBaseline(u) {
    const baseline = this.data.baseline ?? {};
    for (const [channel, value] of Object.entries(baseline)) {
      const scale = RATE.includes(channel) ? "hr" : "bp";
      if (channel === "SPO2" || value === null) continue;
      level(u, Number(value), scale, this.c?.faint ?? "", [2 * ratio(), 4 * ratio()]);
    }
  }

  /** @param {any} u */
  drawOxygen(u) {
    inside(u, () => {
      this.drawLimits(u, "spo2", ["SPO2"]);
      this.behind(u, (earlier) => {
        for (const point of earlier.filter((one) => one.channel === "SPO2")) dot(u, point.t, point.value, "spo2", 1.5, this.c?.act ?? "", true);
      });
      const points = this.points.filter((point) => point.channel === "SPO2");
      const reach = gapOf(points);
      points.forEach((point, i) => {
        const before = points[i - 1];
        if (!isSeen(point)) return;
        const joined = before && isSeen(before) && point.t - before.t <= reach && isGood(point) && isGood(before);
        if (joined) stroke(u, [[before.t, before.value], [point.t, point.value]], "spo2", this.c?.act ?? "", 1.75, false);
        else if (!joined || !isGood(point)) dot(u, point.t, point.value, "spo2", 2, this.c?.act ?? "", isGood(point));
      });
    });
  }

  /** @param {any} u */
  drawLane(u) {
    const pen = u.ctx;
    const c = this.c ?? colours();
    inside(u, () => {
      if (this.band) drawBand(u, this.band, c, [2.1, 4.3]);
      for (const dose of this.data.doses ?? []) {
        if (dose.from_t > this.now) continue;
        const [left, right] = [u.valToPos(dose.from_t, "x", true), u.valToPos(Math.min(dose.to_t, this.now), "x", true)];
        const top = u.valToPos(1.85, "lane", true);
        const height = u.valToPos(1.1, "lane", true) - top;
        pen.fillStyle = c.act;
        pen.fillRect(left, top, Math.max(right - left, 3 * ratio()), height);
        if (dose.to_t <= this.now) write(u, dose.words, right + 6 * ratio(), top + height - 3 * ratio(), c.ink, 600);
      }
      for (const event of this.data.events ?? []) {
        if (event.t > this.now) continue;
        const x = u.valToPos(event.t, "x", true);
        pen.fillStyle = c.ink;
        pen.fillRect(x, u.valToPos(0.95, "lane", true), ratio(), 5 * ratio());
        write(u, event.letter, x, u.valToPos(0.12, "lane", true), c.ink, 600, "center");
      }
    });
  }

  /** One cursor reads every value at its moment. @param {any} u */
  read(u) {
    if (u.cursor.left === undefined || u.cursor.left < 0) return;
    const t = u.posToVal(u.cursor.left, "x");
    const near = (/** @type {string[]} */ channels) => nearest(this.of(channels), t);
    const [sys, dia, mean, rate, oxygen] = [near(PRESSURE.sys), near(PRESSURE.dia), near(PRESSURE.mean), near(RATE), near(["SPO2"])];
    const parts = [`T+${Math.round(t)} min`, this.clock(t)];
    if (sys && dia) parts.push(`BP ${sys.value}/${dia.value}${mean ? ` (${mean.value})` : ""} mmHg at T+${Math.round(sys.t)}`);
    if (rate) parts.push(`HR ${rate.value} /min`);
    if (oxygen) parts.push(`SpO2 ${oxygen.value} %${isGood(oxygen) ? "" : ", bad signal"}`);
    const foreseen = readBand(this.band, t);
    if (foreseen) parts.push(foreseen);
    const event = (this.data.events ?? []).find((/** @type {any} */ e) => Math.abs(e.t - t) < 1);
    if (event) parts.push(event.words);
    this.cursor.textContent = parts.join("  ·  ");
  }
}

/** Nothing is not zero. @param {unknown} value @returns {number | null} */
function numberOf(value) {
  return value === null || value === undefined || value === "" ? null : Number(value);
}

/** @param {Point} point @returns {point is Seen} */
function isSeen(point) {
  return point.value !== null;
}

/** @param {Point} point */
function isGood(point) {
  return !point.quality || point.quality === "good" || point.quality === "ok";
}

/** Nothing is carried over further than the cuff's usual interval. @param {Seen[]} points @param {number} t */
function nearest(points, t) {
  const reach = points[0]?.channel.includes("BP_") ? 3 : 0.75;
  let best = null;
  for (const point of points) {
    if (Math.abs(point.t - t) <= reach && (!best || Math.abs(point.t - t) < Math.abs(best.t - t))) best = point;
  }
  return best;
}

/** A pause of more than two and a half usual steps is a gap. @param {Point[]} points */
function gapOf(points) {
  const steps = points.slice(1).map((point, i) => point.t - points[i].t).sort((a, b) => a - b);
  return 2.5 * (steps[Math.floor(steps.length / 2)] ?? 1);
}

/** @param {any} u @param {() => void} draw */
function inside(u, draw) {
  const pen = u.ctx;
  pen.save();
  pen.beginPath();
  pen.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  pen.clip();
  draw();
  pen.restore();
}

/** @param {any} u @param {[number, number][]} points @param {string} scale @param {string} colour @param {number} width @param {boolean} hollow */
function stroke(u, points, scale, colour, width, hollow) {
  const pen = u.ctx;
  pen.strokeStyle = colour;
  pen.lineWidth = width * ratio();
  pen.setLineDash(hollow ? [2 * ratio(), 2 * ratio()] : []);
  pen.beginPath();
  points.forEach(([t, value], i) => {
    const [x, y] = [u.valToPos(t, "x", true), u.valToPos(value, scale, true)];
    if (i) pen.lineTo(x, y);
    else pen.moveTo(x, y);
  });
  pen.stroke();
  pen.setLineDash([]);
}

/** ∨ stands on its value, ∧ hangs from it; tips meet the bar. @param {any} u @param {number} t @param {number} value @param {-1 | 1} way @param {string} colour @param {boolean} good */
function arrow(u, t, value, way, colour, good) {
  const pen = u.ctx;
  const [x, y, reach] = [u.valToPos(t, "x", true), u.valToPos(value, "bp", true), 5.5 * ratio()];
  pen.strokeStyle = colour;
  pen.lineWidth = (good ? 2 : 1) * ratio();
  pen.beginPath();
  pen.moveTo(x - reach, y + way * reach * 1.3);
  pen.lineTo(x, y);
  pen.lineTo(x + reach, y + way * reach * 1.3);
  pen.stroke();
}

/** @param {any} u @param {number} t @param {number} value @param {string} colour */
function dash(u, t, value, colour) {
  const pen = u.ctx;
  const [x, y] = [u.valToPos(t, "x", true), u.valToPos(value, "bp", true)];
  pen.fillStyle = colour;
  pen.fillRect(x - 4 * ratio(), y - ratio(), 8 * ratio(), 2 * ratio());
}

/** @param {any} u @param {number} t @param {number} value @param {string} scale @param {number} radius @param {string} colour @param {boolean} good */
function dot(u, t, value, scale, radius, colour, good) {
  const pen = u.ctx;
  pen.beginPath();
  pen.arc(u.valToPos(t, "x", true), u.valToPos(value, scale, true), (good ? radius : radius + 1) * ratio(), 0, 7);
  pen.fillStyle = pen.strokeStyle = colour;
  pen.lineWidth = ratio();
  if (good) pen.fill();
  else pen.stroke();
}

/** @param {any} u @param {number} value @param {string} scale @param {string} colour @param {number[]} pattern */
function level(u, value, scale, colour, pattern) {
  const pen = u.ctx;
  const y = u.valToPos(value, scale, true);
  pen.strokeStyle = colour;
  pen.lineWidth = ratio();
  pen.setLineDash(pattern);
  pen.beginPath();
  pen.moveTo(u.bbox.left, y);
  pen.lineTo(u.bbox.left + u.bbox.width, y);
  pen.stroke();
  pen.setLineDash([]);
}

/** @param {any} u @param {string} words @param {number} x @param {number} y @param {string} colour @param {number} weight @param {CanvasTextAlign} align */
function write(u, words, x, y, colour, weight = 400, align = "left") {
  u.ctx.font = font(12, weight);
  u.ctx.fillStyle = colour;
  u.ctx.textAlign = align;
  u.ctx.textBaseline = "alphabetic";
  u.ctx.fillText(words, x, y);
}

/** @param {any} c */
function look(c) {
  return { stroke: c.soft, font: "12px Inter, system-ui, sans-serif", grid: { stroke: c.line, width: 1 }, ticks: { show: false } };
}

/** @param {any} c */
function mainAxes(c) {
  return [
    { ...look(c), size: 4, values: () => [], splits: everyFifteen },
    { ...look(c), scale: "bp", size: LEFT, splits: () => [40, 80, 120, 160, 200] },
    { ...look(c), scale: "hr", side: 1, size: RIGHT, grid: { show: false }, splits: () => [40, 80, 120, 160] },
  ];
}

/** @param {any} c */
function oxygenAxes(c) {
  return [
    { ...look(c), size: 4, values: () => [], splits: everyFifteen },
    { ...look(c), scale: "spo2", size: LEFT, splits: () => [80, 90, 100], values: (/** @type {any} */ _u, /** @type {number[]} */ v) => v.map((n) => (n === 100 ? "100 %" : String(n))) },
  ];
}

/** @param {any} c @param {(t: number) => string} clock @param {boolean} foreseen */
function laneAxes(c, clock, foreseen) {
  return [
    { ...look(c), size: 40, splits: everyFifteen, values: (/** @type {any} */ _u, /** @type {number[]} */ ts) => ts.map((t) => `T${t < 0 ? "−" : "+"}${Math.abs(t)}\n${clock(t)}`) },
    { ...look(c), scale: "lane", size: LEFT, grid: { show: false }, splits: () => (foreseen ? [0.4, 1.45, 3] : [0.4, 1.45]), values: () => ["event", "dose", "pred."] },
  ];
}

/** Marks stand on whole quarters of an hour, and never closer than they can be read.
 * @param {any} u @param {number} _axis @param {number} from @param {number} to */
function everyFifteen(u, _axis, from, to) {
  const step = 15 * Math.max(1, Math.ceil((to - from) / (u.width / 80) / 15));
  const marks = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) marks.push(t);
  return marks;
}
