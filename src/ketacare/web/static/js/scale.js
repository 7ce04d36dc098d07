// A ruler from 0 to 100 beside the number field. It has no start position: nothing is marked until it is touched.

/** @param {HTMLElement} scale */
function rule(scale) {
  const field = /** @type {HTMLInputElement} */ (scale.querySelector("input"));
  const ruler = /** @type {HTMLElement} */ (scale.querySelector("[data-ruler]"));
  const track = /** @type {HTMLElement} */ (ruler.firstElementChild);
  const mark = /** @type {HTMLElement} */ (ruler.querySelector("[data-mark]"));
  const low = Number(scale.dataset.low);
  const high = Number(scale.dataset.high);

  function draw() {
    const value = Number(field.value);
    const known = field.value.trim() !== "" && Number.isInteger(value) && value >= low && value <= high;
    mark.hidden = !known;
    if (known) mark.style.left = `${((value - low) / (high - low)) * 100}%`;
  }

  /** @param {PointerEvent} event */
  function place(event) {
    const box = track.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    field.value = String(Math.round(low + share * (high - low)));
    draw();
  }

  ruler.addEventListener("pointerdown", (event) => {
    ruler.setPointerCapture(event.pointerId);
    place(event);
  });
  ruler.addEventListener("pointermove", (event) => {
    if (ruler.hasPointerCapture(event.pointerId)) place(event);
  });
  field.addEventListener("input", draw);
  ruler.hidden = false;
  draw();
}

export function startScales() {
  document.querySelectorAll("[data-scale]").forEach((scale) => rule(/** @type {HTMLElement} */ (scale)));
}
