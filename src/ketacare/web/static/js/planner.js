// The calendar by hand: drag a visit, or pick it up with m and go with the arrow keys. Dropping opens the visit's page
// with the new place filled in, where the rules are said before anything moves; without script that page does all. A place
// is a quarter hour of a chair or a person; in the week it is a day, and the visit keeps its hour.

const PLACES = "[data-place], [data-day]";

/** @param {Document} root */
export function start(root) {
  const table = root.querySelector("[data-planner]");
  const says = root.querySelector("[data-planner-says]");
  if (!(table instanceof HTMLElement)) return;
  /** @type {HTMLElement | null} */
  let held = null;

  /** @param {string} words */
  const say = (words) => {
    if (says) says.textContent = words;
  };
  /** @param {HTMLElement | null} visit */
  const hold = (visit) => {
    if (held) delete held.dataset.held;
    held = visit;
    if (held) held.dataset.held = "yes";
  };
  /** The page at `address`, with the time of a place and whose it is. @param {HTMLElement} place @param {string} address */
  const at = (place, address) => {
    const to = new URL(address, location.href);
    const moment = place.dataset.place || `${place.dataset.day}T${held?.dataset.clock}`;
    to.searchParams.set("starts_at", moment);
    if (place.dataset.chair) to.searchParams.set("chair", place.dataset.chair);
    if (place.dataset.person) to.searchParams.set("person", place.dataset.person);
    return to.href;
  };
  /** @param {Element | null} place */
  const drop = (place) => {
    if (!held || !(place instanceof HTMLElement)) return;
    if (place.contains(held)) return say("It is on this day already.");
    location.assign(`${at(place, held.dataset.visit ?? "")}#move`);
  };

  const book = table.closest("[data-book]")?.getAttribute("data-book");
  /** @param {HTMLElement} place */
  const fill = (place) => {
    if (book && place.dataset.place) location.assign(at(place, book));
  };

  for (const visit of table.querySelectorAll("[data-visit]")) {
    if (!(visit instanceof HTMLElement)) continue;
    visit.addEventListener("dragstart", () => hold(visit));
    visit.addEventListener("dragend", () => hold(null));
  }
  for (const place of table.querySelectorAll(PLACES)) {
    if (!(place instanceof HTMLElement)) continue;
    place.tabIndex = -1;
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.dataset.over = "yes";
    });
    place.addEventListener("dblclick", () => fill(place));
    place.addEventListener("dragleave", (event) => {
      if (!place.contains(/** @type {Node | null} */ (event.relatedTarget))) delete place.dataset.over;
    });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      delete place.dataset.over;
      drop(place);
    });
  }

  const places = [...table.querySelectorAll(PLACES)].filter((one) => one instanceof HTMLElement);
  /** @param {HTMLElement} from @param {string} key */
  const next = (from, key) => {
    const here = from.getBoundingClientRect();
    const [x, y] = [here.left + here.width / 2, here.top + here.height / 2];
    let best = null;
    let least = Infinity;
    for (const one of places) {
      const there = one.getBoundingClientRect();
      const [dx, dy] = [there.left + there.width / 2 - x, there.top + there.height / 2 - y];
      const along = { ArrowRight: dx, ArrowLeft: -dx, ArrowDown: dy, ArrowUp: -dy }[key] ?? 0;
      const across = key === "ArrowRight" || key === "ArrowLeft" ? Math.abs(dy) : Math.abs(dx);
      if (along > 2 && along + across * 4 < least) {
        least = along + across * 4;
        best = one;
      }
    }
    return best;
  };

  table.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const visit = target?.closest("[data-visit]");
    if (event.key === "m" && visit instanceof HTMLElement) {
      event.preventDefault();
      event.stopPropagation();
      hold(visit);
      say("Picked up. Go to a free place with the arrow keys, Enter puts it there, Escape leaves it.");
      const day = visit.closest("[data-day]");
      if (day instanceof HTMLElement) day.focus();
      else next(visit, "ArrowDown")?.focus();
    } else if (held && event.key === "Escape") {
      held.querySelector("a")?.focus();
      hold(null);
      say("Left where it was.");
    } else if (held && event.key === "Enter" && target?.matches(PLACES)) {
      event.preventDefault();
      drop(target);
    } else if (held && event.key.startsWith("Arrow") && target instanceof HTMLElement) {
      event.preventDefault();
      const there = next(target, event.key);
      there?.focus();
      if (there) say(there.dataset.words ?? "");
    }
  });
}
