// The grid without a mouse: arrows move, Enter goes to the next field due, v to vital signs, e to events.

import { isTyping } from "./keys.js";

/** Listens on the page: the sheet itself is exchanged with every reading. @param {Document} root */
export function start(root) {
  root.addEventListener("keydown", jump);
  root.addEventListener("keydown", move);
  root.addEventListener("click", fold);
  root.addEventListener("page:exchanged", (event) => showDueColumns(document.getElementById(/** @type {CustomEvent} */ (event).detail.id) ?? root));
  showDueColumns(root);
}

/** @param {ParentNode} place */
function showDueColumns(place) {
  place.querySelectorAll("[data-flowsheet]").forEach((sheet) => showDueColumn(/** @type {HTMLElement} */ (sheet)));
}

/** The grid moves under its own frame; the page stays where the reader is. @param {HTMLElement} sheet */
function showDueColumn(sheet) {
  const column = sheet.querySelector("[aria-current='time']");
  const frame = sheet.querySelector(".sheet__scroll");
  if (column instanceof HTMLElement && frame) frame.scrollLeft = column.offsetLeft - frame.clientWidth / 2;
}

/** @param {KeyboardEvent} event */
function jump(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const target = event.key === "v" ? nextDue() : event.key === "e" ? document.querySelector(".taps button") : null;
  if (!(target instanceof HTMLElement)) return;
  event.preventDefault();
  target.focus();
}

/** @returns {HTMLElement | null} the first empty field of the column due now, else of any late one */
function nextDue() {
  const fields = [...document.querySelectorAll("[data-flowsheet] input[data-due]")].filter(isEmpty);
  const lit = fields.find((field) => field.closest(".sheet__cell--due_now"));
  return /** @type {HTMLElement | null} */ (lit ?? fields[0] ?? null);
}

/** @param {Element} field */
function isEmpty(field) {
  return field instanceof HTMLInputElement && field.value === "";
}

/** @type {Record<string, [rows: number, columns: number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {KeyboardEvent} event */
function move(event) {
  const cell = event.target instanceof HTMLElement ? event.target.closest("[data-flowsheet] td") : null;
  if (!(cell instanceof HTMLTableCellElement)) return;
  if (event.key === "Enter" && event.target instanceof HTMLInputElement && nextDue()) {
    event.preventDefault();
    nextDue()?.focus();
    return;
  }
  const step = STEPS[event.key];
  if (!step || insideText(event)) return;
  event.preventDefault();
  neighbour(cell, step)?.focus();
}

/** In a field the side arrows move the caret until it is at the end. @param {KeyboardEvent} event */
function insideText(event) {
  const field = event.target;
  if (!(field instanceof HTMLInputElement)) return false;
  if (event.key === "ArrowLeft") return field.selectionStart !== 0;
  if (event.key === "ArrowRight") return field.selectionStart !== field.value.length;
  return false;
}

/** @param {HTMLTableCellElement} cell @param {[number, number]} step @returns {HTMLElement | null} */
function neighbour(cell, [rows, columns]) {
  const lines = [...(cell.closest("table")?.querySelectorAll("tr:not([hidden])") ?? [])].filter((line) => line.querySelector("td"));
  let row = lines.indexOf(/** @type {Element} */ (cell.parentElement));
  let column = Number(cell.dataset.col);
  for (;;) {
    row += rows;
    column += columns;
    const next = lines[row]?.querySelector(`td[data-col='${column}']`);
    if (!next) return null;
    const stop = next.querySelector("[data-cell]");
    if (stop instanceof HTMLElement) return stop;
  }
}

/** @param {MouseEvent} event */
function fold(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-flowsheet] [data-fold]") : null;
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  button.closest("tbody")?.querySelectorAll("tr:not(.sheet__group)").forEach((line) => line.toggleAttribute("hidden", !open));
}
