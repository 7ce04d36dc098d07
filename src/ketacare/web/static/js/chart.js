// What both charts share: uPlot fetched once, colours from the theme, the data beside the canvas, redraw when it matters.


/** @type {Promise<any> | null} */
let fetched = null;

/** uPlot comes only to pages with a chart. @returns {Promise<any>} */
export function uPlot() {
  fetched ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("../vendor/uPlot.min.css", import.meta.url).href;
    const script = document.createElement("script");
    script.src = new URL("../vendor/uPlot.iife.min.js", import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (window).uPlot);
    script.onerror = () => reject(new Error("The chart could not be fetched"));
    document.head.append(sheet, script);
  });
  return fetched;
}

/** The chart's data: written in the page, or fetched from data-src. @param {HTMLElement} figure @returns {Promise<any>} */
export async function dataOf(figure) {
  const written = figure.querySelector("script[data-chart]");
  if (written) return JSON.parse(written.textContent ?? "{}");
  const answer = await fetch(figure.dataset.src ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The chart's data could not be loaded (${answer.status})`);
  return answer.json();
}

/** E7: a chart that cannot be drawn says so and points to the table. @param {HTMLElement} figure */
export function sayFailed(figure) {
  const place = figure.querySelector("[data-canvas]");
  if (place) place.textContent = "The chart could not be drawn. The table below is complete.";
  figure.querySelector("details")?.setAttribute("open", "");
}

/** @returns {Record<"ink" | "soft" | "faint" | "line" | "act" | "plum" | "moss" | "ground", string>} */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    ink: of("--ink"),
    soft: of("--ink-soft"),
    faint: of("--ink-faint"),
    line: of("--line"),
    act: of("--act"),
    plum: of("--plum"),
    moss: of("--moss"),
    ground: of("--ground"),
  };
}

/** Redraw on a new size or theme. @param {HTMLElement} place @param {() => void} redraw */
export function redrawWhen(place, redraw) {
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    redraw();
  }).observe(place);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** Canvas units per CSS pixel. */
export const ratio = () => devicePixelRatio || 1;

/** @param {number} size @param {number} weight */
export function font(size, weight = 400) {
  return `${weight} ${size * ratio()}px Inter, system-ui, sans-serif`;
}
