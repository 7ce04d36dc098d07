// Speaking instead of typing in the journal. Offered only where the browser turns speech into text on this device: what a
// patient says never leaves it as sound. Without that, or without script, the page is the same and the button is not there.

const place = document.querySelector("[data-voice]");
const words = document.querySelector("textarea[name=words]");
const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;

/** @returns {Promise<boolean>} whether this browser understands this page's language by itself */
async function isOnThisDevice(language) {
  if (!Recognition || typeof Recognition.available !== "function") return false;
  try {
    return (await Recognition.available({ langs: [language], processLocally: true })) === "available";
  } catch {
    return false;
  }
}

function offer(language) {
  const button = place.querySelector("[data-voice-button]");
  const told = place.querySelector("[data-voice-words]");
  const speak = button.textContent;
  const listener = new Recognition();
  listener.lang = language;
  listener.continuous = true;
  listener.processLocally = true;
  let listens = false;
  const show = (now) => {
    listens = now;
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
  listener.addEventListener("error", () => {
    told.textContent = place.dataset.deaf;
    show(false);
  });
  button.addEventListener("click", () => {
    if (listens) listener.stop();
    else {
      listener.start();
      show(true);
    }
  });
  place.hidden = false;
}

const language = document.documentElement.lang.startsWith("es") ? "es-ES" : navigator.language || "en-US";
if (place && words && (await isOnThisDevice(language))) offer(language);
