// What the reader had unfolded stays so when a part is drawn anew, on a page where saving one part redraws others. The
// folds that a sent form stands in fold up: it is saved.

/** @type {Set<string>} */
const unfolded = new Set();

/** The same fold on every rendering: by the part it stands in, and its words without their numbers. @param {Element} fold */
function keyOf(fold) {
  const words = fold.querySelector("summary")?.textContent?.replace(/\d+/g, "").trim();
  const within = [];
  for (let part = fold.closest("[id]"); part; part = part.parentElement?.closest("[id]") ?? null) within.push(part.id);
  return `${within.join(" ")}|${words}`;
}

/** @param {Event} event */
function onToggle(event) {
  const fold = event.target;
  if (!(fold instanceof HTMLDetailsElement)) return;
  if (fold.open) unfolded.add(keyOf(fold));
  else unfolded.delete(keyOf(fold));
}

/** @param {Event} event */
function onSaved(event) {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  if (xhr.status >= 300 || !(elt instanceof Element)) return;
  for (let fold = elt.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) unfolded.delete(keyOf(fold));
}

function onDrawn() {
  for (const fold of document.querySelectorAll("details")) if (unfolded.has(keyOf(fold))) fold.open = true;
}

document.addEventListener("toggle", onToggle, { capture: true });
document.addEventListener("htmx:beforeOnLoad", onSaved);
document.addEventListener("htmx:afterSwap", onDrawn);
