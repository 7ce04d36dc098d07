// The page outside the door asks again every two seconds. Without an answer for five it says so, and shows no light that
// may be old (D2, D8).

const EVERY_MS = 2000;
const SILENCE_MS = 5000;
let heardAt = performance.now();

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("door");
    if (!fresh) throw new Error("another page");
    document.getElementById("door")?.replaceChildren(...fresh.childNodes);
    heardAt = performance.now();
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
