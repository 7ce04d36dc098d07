// A predicted picture read off at one minute: by the slider (arrow keys), or by pointing into the picture. The words come
// from the server; here only the minute is chosen.

/** @typedef {{ letter: string, words: string, values: string[], spreads: string[], indexes: string[], heights: number[] }} Course */
/** @typedef {{ minutes: number[], start: number, courses: Course[] }} Ruler */

/** @param {HTMLElement} figure */
function rule(figure) {
  const of = (/** @type {string} */ name) => /** @type {HTMLElement} */ (figure.querySelector(`[${name}]`));
  const ruler = /** @type {Ruler} */ (JSON.parse(of("data-curve-data").textContent ?? "{}"));
  const slide = of("data-curve-slide");
  const slider = /** @type {HTMLInputElement} */ (slide.querySelector("input"));
  const read = of("data-curve-read");
  const at = of("data-curve-at");
  const plot = /** @type {HTMLElement} */ (at.closest("svg"));
  const last = ruler.minutes.length - 1;
  const end = ruler.minutes[last];

  /** @param {Course} course @param {number} place */
  function words(course, place) {
    const spread = course.spreads.length ? `, ${course.spreads[place]}` : "";
    return `${course.letter || "earlier"} ${course.values[place]}${spread} ng/mL`;
  }

  /** @param {number} place */
  function show(place) {
    const minute = ruler.minutes[place];
    const across = `${(100 * minute) / end}%`;
    of("data-curve-minute").textContent = String(minute);
    at.querySelector("line")?.setAttribute("x1", across);
    at.querySelector("line")?.setAttribute("x2", across);
    ruler.courses.forEach((course, number) => {
      const row = read.querySelectorAll("tr")[number];
      const put = (/** @type {string} */ name, /** @type {string} */ text) => {
        const cell = row.querySelector(`[${name}]`);
        if (cell) cell.textContent = text;
      };
      put("data-curve-value", course.values[place]);
      put("data-curve-spread", course.spreads[place]);
      put("data-curve-index", course.indexes[place]);
      const dot = at.querySelectorAll("circle")[number];
      dot.setAttribute("cx", across);
      dot.setAttribute("cy", `${course.heights[place]}%`);
    });
    slider.setAttribute("aria-valuetext", `${minute} min: ${ruler.courses.map((one) => words(one, place)).join("; ")}`);
  }

  /** @param {PointerEvent} event */
  function point(event) {
    const box = plot.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    slider.value = String(share * end);
    show(ruler.minutes.indexOf(Number(slider.value)));
  }

  slider.addEventListener("input", () => show(ruler.minutes.indexOf(Number(slider.value))));
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" || event.buttons) point(event);
  });
  for (const part of [slide, read]) part.hidden = false;
  at.removeAttribute("hidden");
  show(ruler.start);
}

/** @param {Document} root */
export function start(root) {
  root.querySelectorAll("figure[data-curve]").forEach((figure) => rule(/** @type {HTMLElement} */ (figure)));
}
