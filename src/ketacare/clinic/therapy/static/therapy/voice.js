// Speaking instead of typing in the journal. Offered only where the browser turns speech into text on this device: what a
// patient says never leaves it as sound. Without that, or without script, the page is the same and the button is not there.

const place = document.querySelector("[data-voice]");
const words = document.querySelector("textarea[name=words]");
const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
/** Stands while the browser's recogniser is at work. A browser that dies of it leaves it standing, and is not asked again
 * before its next version: else the page would die at every opening, and nobody could write. */
const AT_WORK = "voice-at-work";

/** @returns {boolean} whether the recogniser may be asked: it never took the page with it, and that can be remembered */
function begins() {
  try {
    if (localStorage.getItem(AT_WORK) === navigator.userAgent) return false;
    localStorage.setItem(AT_WORK, navigator.userAgent);
    return true;
  } catch {
    return false;
  }
}

function ends() {
  try {
    localStorage.removeItem(AT_WORK);
  } catch {
    // Nothing was kept.
  }
}

/** @returns {Promise<boolean>} whether this browser understands this page's language by itself */
async function isOnThisDevice(language) {
  if (!Recognition || typeof Recognition.available !== "function" || !begins()) return false;
  addEventListener("pagehide", ends); // who leaves meanwhile lived
  try {
    return (await Recognition.available({ langs: [language], processLocally: true })) === "available";
  } catch {
    return false;
  } finally {
    ends();
  }
}

/** @returns {SpeechRecognition | null} a listener for this language; null of a browser that makes none */
function listening(language) {
  try {
    const made = new Recognition();
    made.lang = language;
    made.continuous = true;
    made.processLocally = true;
    return made;
  } catch {
    return null;
  }
}

function offer(language) {
  const button = place.querySelector("[data-voice-button]");
  const told = place.querySelector("[data-voice-words]");
  const speak = button.textContent;
  const listener = listening(language);
  if (!listener) return;
  let listens = false;
  const show = (now) => {
    listens = now;
    if (!now) ends();
    button.setAttribute("aria-pressed", String(now));
    button.textContent = now ? place.dataset.stop : speak;
  };
  listener.addEventListener("result", (event) => {
    for (const result of [...event.results].slice(event.resultIndex)) {
      if (result.isFinal) words.value = `${words.value}${words.value ? " " : ""}${result[0].transcript.trim()}`;
    }
    words.dispatchEvent(new Event("input", { bubbles: true })); // kept until saved, and somebody is here, as when typing
  });
  listener.addEventListener("end", () => show(false));
  const deaf = () => {
    told.textContent = place.dataset.deaf;
    show(false);
  };
  listener.addEventListener("error", deaf);
  button.addEventListener("click", () => {
    if (listens) return listener.stop();
    if (!begins()) return deaf();
    show(true);
    try {
      listener.start();
    } catch {
      deaf();
    }
  });
  place.hidden = false;
}

const language = document.documentElement.lang.startsWith("es") ? "es-ES" : navigator.language || "en-US";
if (place && words && (await isOnThisDevice(language))) offer(language);
