// A patient's own pages: typed text is kept, the safety plan opens without the network, a link is shared by the phone.
import { startAwake } from "./awake.js";
import { startKeep } from "./keep.js";

startAwake();
startKeep();

const asked = /** @type {HTMLElement | null} */ (document.querySelector("[data-keep-plan]"));
const person = /** @type {HTMLElement | null} */ (document.querySelector("[data-me]"))?.dataset.me ?? "";

/** @param {string} name */
function show(name) {
  for (const element of document.querySelectorAll("[data-kept], [data-forgotten]")) {
    if (element instanceof HTMLElement) element.hidden = !element.hasAttribute(name);
  }
}

async function keepPlan() {
  if (!asked || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(asked.dataset.worker ?? "", { scope: "/me/" });
  const ready = await navigator.serviceWorker.ready;
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data?.kept) show("data-kept");
    if (event.data?.forgotten) show("data-forgotten");
  });
  navigator.serviceWorker.startMessages();
  const keep = new URL(asked.dataset.keepPlan ?? "", location.href).href;
  ready.active?.postMessage({ keep, person, also: (asked.dataset.also ?? "").split(" ") });
}

/** What was kept for somebody else on this device is given up before anything else. */
async function forgetOthers() {
  if (!("caches" in globalThis) || !person) return;
  const kept = await caches.match(new URL("/me/person", location.href));
  if (kept && (await kept.text()) !== person) await caches.delete("safety-plan");
}

document.addEventListener("click", async (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("[data-forget], [data-share]") : null;
  if (!(pressed instanceof HTMLElement)) return;
  if (pressed.dataset.share) await navigator.share({ url: pressed.dataset.share }).catch(() => undefined);
  else (await navigator.serviceWorker.ready).active?.postMessage({ forget: true });
});

document.addEventListener("submit", (event) => {
  if (event.target instanceof Element && event.target.matches("[data-sign-out]") && "caches" in globalThis) caches.delete("safety-plan");
});

for (const button of document.querySelectorAll("[data-share]")) {
  if (button instanceof HTMLElement) button.hidden = !("share" in navigator);
}
forgetOthers().then(keepPlan).catch(() => undefined);
