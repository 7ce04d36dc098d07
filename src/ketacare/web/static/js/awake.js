// Whoever writes is here: while somebody types, the server hears of it at most once a minute, and of a page that only lies
// open it hears nothing. Where the sign-in has ended all the same, that is said while the text is still on the screen. A
// private page that nobody has touched for so long leaves by itself, and what was typed waits for its writer.

import { isKept } from "./keep.js";

const EVERY_MS = 60_000;
const AGAIN_MS = 5000;
const PATIENCE_MS = 5000;
const LOOKS_MS = 15_000;
/** By the wall: a computer that slept comes back late. */
let heardAt = Date.now();
let asking = false;

const SPANISH = document.documentElement.lang.startsWith("es");
const SAID = SPANISH
  ? {
      kept: "Ha pasado mucho tiempo: antes de guardar, confirme que es usted. Lo escrito le espera en esta pestaña.",
      open: "Ha pasado mucho tiempo: confirme en la pestaña nueva que es usted, y vuelva aquí. Lo escrito sigue en esta página.",
      link: "Confirmar",
    }
  : {
      kept: "That was a long pause: say who you are before it is saved. What you typed waits in this tab.",
      open: "That was a long pause: say in the new tab who you are, and come back here. What you typed stays on this page.",
      link: "Sign in again",
    };

/** Listen on the document, so fragments htmx brings in are served too. */
export function startAwake() {
  document.addEventListener("input", onInput);
  document.addEventListener("submit", onSubmit, { capture: true });
  const closes = document.querySelector("[data-closes-after]");
  if (!(closes instanceof HTMLElement)) return;
  const look = () => leaveWhenAlone(closes);
  setInterval(look, LOOKS_MS);
  addEventListener("focus", look);
}

/** To where it is asked who sits there: that touches nothing. Text that no storage keeps is not left behind.
 * @param {HTMLElement} place */
function leaveWhenAlone(place) {
  const alone = Date.now() - heardAt > Number(place.dataset.closesAfter) * EVERY_MS;
  const typed = /** @type {HTMLFormElement[]} */ ([...document.querySelectorAll("form[data-typed]")]);
  if (!alone || asking || !typed.every(isKept)) return;
  location.replace(`${place.dataset.closesTo}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** @param {EventTarget | null} target @returns {HTMLFormElement | null} */
function typedForm(target) {
  const form = target instanceof Element ? target.closest("form") : null;
  return form instanceof HTMLFormElement && form.method === "post" && !form.matches("[role='search']") ? form : null;
}

/** @param {Event} event */
function onInput(event) {
  const form = typedForm(event.target);
  if (!form) return;
  form.dataset.typed = "yes";
  if (!asking && Date.now() - heardAt >= EVERY_MS) touch(form);
}

/** What neither keep.js nor waiting.js keeps is not sent into an answer that may be the sign-in page: it is asked first. @param {SubmitEvent} event */
function onSubmit(event) {
  const form = typedForm(event.target);
  if (!form?.dataset.typed || form.dataset.wait !== undefined || isKept(form)) return;
  if (!form.dataset.signedOut && Date.now() - heardAt < EVERY_MS) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  touch(form).then((here) => {
    if (here && form.isConnected) form.requestSubmit(event.submitter);
  });
}

/** @param {HTMLFormElement} form @returns {Promise<boolean>} whether the form may be sent */
async function touch(form) {
  const token = document.querySelector("input[name='csrfmiddlewaretoken']");
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token instanceof HTMLInputElement ? token.value : "");
  asking = true;
  try {
    // Without https a browser does not say that a script asks; told so, the server never answers with the sign-in page.
    const headers = { "HX-Request": "true" };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch("/sign-ins/awake/", { method: "POST", body, headers, signal });
    const here = answer.status !== 401;
    heardAt = here ? Date.now() : soon();
    form.dataset.signedOut = here ? "" : "yes";
    if (!here) tell(form, answer.headers.get("HX-Redirect") ?? "/");
    return here;
  } catch {
    heardAt = soon(); // no connection: the form says so itself
    return true;
  } finally {
    asking = false;
  }
}

function soon() {
  return Date.now() - EVERY_MS + AGAIN_MS;
}

/** Beside the form's own button, once. @param {HTMLFormElement} form @param {string} address */
function tell(form, address) {
  form.querySelector("[data-asleep]")?.remove();
  const line = document.createElement("p");
  line.className = "errors";
  line.dataset.asleep = "yes";
  line.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.href = address;
  link.textContent = SAID.link;
  if (!isKept(form)) link.target = "_blank";
  line.append(isKept(form) ? SAID.kept : SAID.open, " ", link);
  form.append(line);
}
