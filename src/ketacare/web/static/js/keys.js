// Keyboard: / search, g then a letter to go, ? lists what this page knows, one letter per act the page marks with data-key.

/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** Listen for keys, except while somebody types. */
export function startKeys() {
  document.addEventListener("keydown", onKey);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  // Behind an open box nothing is seen to happen.
  if (document.querySelector("dialog[open]")) return;
  if (waiting) return finishGo(event);
  const act = ACTS[event.key] ?? pressMarked;
  if (act(event)) event.preventDefault();
}

/** @type {Record<string, (event: KeyboardEvent) => boolean>} */
const ACTS = { "/": focusSearch, "?": showList, g: beginGo };

/** @param {EventTarget | null} target */
export function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null && !target.matches("[type='radio'], [type='checkbox']");
}

function focusSearch() {
  const search = document.getElementById("search");
  search?.focus();
  return search !== null;
}

function beginGo() {
  waiting = setTimeout(() => (waiting = undefined), 1500);
  return true;
}

/** @param {KeyboardEvent} event */
function finishGo(event) {
  clearTimeout(waiting);
  waiting = undefined;
  const place = document.querySelector(`[data-go='${CSS.escape(event.key)}']`);
  if (place instanceof HTMLAnchorElement) {
    event.preventDefault();
    place.click();
  }
}

/** @param {KeyboardEvent} event */
function pressMarked(event) {
  if (event.key.length !== 1) return false;
  const letter = CSS.escape(event.key);
  const target = document.querySelector(`[data-key='${letter}'], [data-event-key='${letter}']`);
  if (!(target instanceof HTMLElement)) return false;
  target.click();
  return true;
}

function showList() {
  const dialog = document.getElementById("keys");
  const list = dialog?.querySelector("[data-keys-list]");
  if (!(dialog instanceof HTMLDialogElement) || !list) return false;
  list.replaceChildren(...known().flatMap(([keys, words]) => [term(keys), meaning(words)]));
  dialog.showModal();
  return true;
}

/** @returns {[string[], string][]} */
function known() {
  /** @type {[string[], string][]} */
  const rows = [
    [["/"], "Find a patient"],
    [["?"], "This list"],
  ];
  document.querySelectorAll("[data-go]").forEach((place) => {
    rows.push([["g", /** @type {HTMLElement} */ (place).dataset.go ?? ""], `Go to ${place.firstChild?.textContent?.trim() ?? ""}`]);
  });
  document.querySelectorAll("[data-key], [data-event-key]").forEach((place) => {
    const { key, eventKey, keyWords } = /** @type {HTMLElement} */ (place).dataset;
    rows.push([[key ?? eventKey ?? ""], keyWords ?? ""]);
  });
  if (document.querySelector("[data-flowsheet]")) {
    rows.push([["v"], "Vital signs: next field due"], [["e"], "Events"], [["Enter"], "Next field due"], [["←", "→", "↑", "↓"], "Move in the grid"]);
  }
  return rows;
}

/** @param {string[]} keys */
function term(keys) {
  const dt = document.createElement("dt");
  for (const key of keys) {
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    dt.append(kbd, " ");
  }
  return dt;
}

/** @param {string} words */
function meaning(words) {
  const dd = document.createElement("dd");
  dd.textContent = words;
  return dd;
}
