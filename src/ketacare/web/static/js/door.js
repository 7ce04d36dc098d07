// The page outside the door asks again every two seconds. Without an answer for five it says so, and shows no light that
// may be old (D2, D8); nor one that nobody judges: the server refuses while the alarm watch is silent (D9).

const EVERY_MS = 2000;
const SILENCE_MS = 5000;
/** When what is shown was asked for: it is true of no later moment. A page that came covered stays so until answered. */
let heardAt = document.querySelector(".door__lost:not([hidden])") ? -Infinity : performance.now();

async function look() {
  const asked = performance.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(SILENCE_MS) });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("door");
    if (!fresh) throw new Error("another page");
    // Overtaken by a later question: an older light is not put over a newer one.
    if (asked < heardAt) return;
    document.getElementById("door")?.replaceChildren(...fresh.childNodes);
    heardAt = asked;
  } catch {
    // Not answered: the next look asks again, and what is shown is covered when that lasts.
  }
}

function cover() {
  const lost = performance.now() - heardAt > SILENCE_MS;
  document.getElementById("door")?.toggleAttribute("hidden", lost);
  document.querySelector(".door__lost")?.toggleAttribute("hidden", !lost);
}

if (document.querySelector("[data-door]")) {
  setInterval(look, EVERY_MS);
  setInterval(cover, 500);
}
