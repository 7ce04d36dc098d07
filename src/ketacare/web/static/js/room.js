// The room's help page looks again by itself, so that it can say that somebody has seen the call. It never leaves its
// button: a call is sent until it is answered, and meanwhile the page says that nobody hears of it.

const PATIENCE_MS = 5000;
const AGAIN_MS = 2000;
const main = /** @type {HTMLElement | null} */ (document.querySelector("[data-again]"));
const form = main?.querySelector("form");
/** A call that is not answered yet, under its one key. @type {URLSearchParams | null} */
let call = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;
/** When what is shown was asked for: an older answer is not put over a newer one. */
let shownOf = -Infinity;

/** The page as it is now, or as it is after the call. @param {URLSearchParams | null} sent */
async function look(sent) {
  clearTimeout(next);
  const asked = performance.now();
  let again = AGAIN_MS;
  try {
    const how = sent ? { method: "POST", body: sent } : { cache: /** @type {RequestCache} */ ("no-store") };
    const answer = await fetch(sent && form ? form.action : location.href, { ...how, signal: AbortSignal.timeout(PATIENCE_MS) });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-again]");
    // A room that is closed says so itself.
    if (!sent && answer.status === 410) return location.reload();
    if (answer.ok && fresh instanceof HTMLElement) {
      if (call === sent) call = null;
      if (asked >= shownOf) show(fresh);
      shownOf = Math.max(shownOf, asked);
      again = Number(fresh.dataset.again) * 1000;
    } else if (sent && call === sent) {
      // Refused under this key or token: the page of now has others.
      await look(null);
      call = typed();
    }
    lost(call !== null || !answer.ok);
  } catch {
    lost(true);
  }
  clearTimeout(next);
  next = setTimeout(() => look(call), call ? AGAIN_MS : again);
}

function typed() {
  return new URLSearchParams(/** @type {any} */ (new FormData(form ?? undefined)));
}

/** @param {HTMLElement} fresh */
function show(fresh) {
  // Somebody else may sit here by now, who reads another language.
  if (main && main.lang !== fresh.lang) main.lang = fresh.lang;
  for (const place of ["h1", ".helproom__button", ".helproom__lost", ".helproom__told", "[name='once']", "[name='csrfmiddlewaretoken']"]) {
    const anew = fresh.querySelector(place);
    const old = main?.querySelector(place);
    if (anew instanceof HTMLInputElement && old instanceof HTMLInputElement) old.value = anew.value;
    else if (anew && old && old.textContent !== anew.textContent) old.textContent = anew.textContent;
  }
}

/** @param {boolean} yes */
function lost(yes) {
  main?.querySelector(".helproom__lost")?.toggleAttribute("hidden", !yes);
  main?.querySelector(".helproom__told")?.toggleAttribute("hidden", yes);
}

if (main && form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    call ??= typed();
    look(call);
  });
  for (const change of ["offline", "online"]) addEventListener(change, () => look(call));
  next = setTimeout(() => look(call), Number(main.dataset.again) * 1000);
}
