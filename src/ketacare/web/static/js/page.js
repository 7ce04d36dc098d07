// Small manners of a page: focus on the errors, toasts that leave, the theme switch, folding rows.

/** Wake the small behaviours that any page may have. */
export function startPage() {
  focusErrors(document);
  document.querySelectorAll("[data-toast]").forEach((toast) => settleToast(/** @type {HTMLElement} */ (toast)));
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:afterSwap", (event) => focusErrors(/** @type {Element} */ (event.target)));
  for (const failed of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(failed, sayRefused);
  for (const failed of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(failed, sayNotCome);
  document.addEventListener("htmx:afterRequest", takeBack);
  document.addEventListener("htmx:beforeRequest", foldFetched);
  document.addEventListener("htmx:afterSwap", markFetched);
}

/** E2: after a refusal the reader starts at the list of what to look at: the one that came just now, for a list that
 * stands while somebody writes elsewhere takes no focus. @param {Document | Element} brought */
function focusErrors(brought) {
  const errors = brought instanceof Element && brought.matches("[data-errors]") ? brought : brought.querySelector("[data-errors]");
  if (!(errors instanceof HTMLElement)) return;
  errors.closest("form")?.querySelectorAll("[data-errors], [data-refused-part]").forEach((other) => other.contains(errors) || other.remove());
  errors.focus({ preventScroll: false });
}

/** What was said of a form or a button that failed, until it succeeds. @type {WeakMap<Element, Element | undefined>} */
const said = new WeakMap();

/** What failed and is drawn nowhere is said, so that nothing looks saved that is not; a kept form says it itself (keep.js).
 * @param {Event} event */
function sayRefused(event) {
  const { requestConfig, xhr } = /** @type {CustomEvent} */ (event).detail;
  const { elt, verb } = requestConfig;
  const drawn = [409, 422].includes(xhr?.status) && !elt.matches("[hx-swap=none]");
  if (verb !== "post" || drawn || elt.closest("form[data-keep]")) return;
  said.get(elt)?.remove();
  said.set(elt, say("Not saved. Press again, or open this page again.", 0));
}

/** A part that the page waits for and that does not come says so in its place, with a way to try again. @param {Event} event */
function sayNotCome(event) {
  const place = /** @type {CustomEvent} */ (event).detail.requestConfig?.elt;
  if (!place?.querySelector("[data-when-failed]")) return;
  place.querySelector("[data-until-failed]")?.setAttribute("hidden", "");
  place.querySelector("[data-when-failed]").removeAttribute("hidden");
}

/** @param {Event} event */
function takeBack(event) {
  const { successful, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  if (successful && requestConfig) said.get(requestConfig.elt)?.remove();
}

/** What a row fetched is put away by the same link. @param {Event} event */
function foldFetched(event) {
  const { elt, target } = /** @type {CustomEvent} */ (event).detail;
  if (!elt.matches("[data-fetch][aria-expanded=true]")) return;
  event.preventDefault();
  target.replaceChildren();
  elt.setAttribute("aria-expanded", "false");
}

/** A row has one place for what is fetched: the link that filled it says so, the others do not. @param {Event} event */
function markFetched(event) {
  const elt = /** @type {CustomEvent} */ (event).detail.requestConfig?.elt;
  if (!elt?.matches("[data-fetch]")) return;
  elt.parentElement.querySelectorAll("[data-fetch]").forEach((/** @type {Element} */ link) => {
    link.setAttribute("aria-expanded", String(link === elt));
  });
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (!(event.target instanceof Element)) return;
  const theme = event.target.closest("[data-set-theme]");
  if (theme instanceof HTMLElement) switchTheme(theme);
  const summaryLink = event.target.closest("[data-errors] a[href^='#f-']");
  if (summaryLink) focusField(event, summaryLink.getAttribute("href") ?? "");
}

/** @param {HTMLElement} button */
function switchTheme(button) {
  const theme = button.dataset.setTheme ?? "day";
  setTheme(theme);
  button.dataset.setTheme = theme === "room" ? "day" : "room";
  button.textContent = theme === "room" ? "Day" : "Dim";
}

/** A link in the error list goes to the field itself, so one can type at once.
 * @param {MouseEvent} event @param {string} href */
function focusField(event, href) {
  const field = document.getElementById(href.slice(1));
  if (!field) return;
  event.preventDefault();
  const target = field.matches("fieldset") ? field.querySelector("input") : field;
  target?.focus();
  field.scrollIntoView({ block: "center" });
}

/** The server reads the cookie, so a dim room never flashes white on the next page. @param {string} theme */
export function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  // Dim is silent and bright is not, from this press on and not from the next page (D8, H10).
  document.querySelector("[data-sounds-after]")?.toggleAttribute("data-quiet", theme === "room");
  document.cookie = `theme=${theme}; path=/; max-age=31536000; SameSite=Lax`;
}

/** Show a short message with one way back.
 * @param {string} words @param {number} seconds @returns {Element | undefined} */
export function say(words, seconds = 10) {
  const place = document.querySelector("[data-toasts]");
  if (!place) return undefined;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.toast = String(seconds);
  toast.textContent = words;
  place.append(toast);
  settleToast(toast);
  return toast;
}

/** A toast with 0 seconds stays. @param {HTMLElement} toast */
function settleToast(toast) {
  const seconds = Number(toast.dataset.toast);
  if (toast.parentElement?.matches("[data-toasts]") !== true) document.querySelector("[data-toasts]")?.append(toast);
  if (seconds > 0) setTimeout(() => toast.remove(), seconds * 1000);
}
