// Alarm tones after V1: a fundamental with harmonics, in pulses. Technical ones have another timbre.
//
// A browser plays nothing until a person has touched the page; the start tone, confirmed, proves that sound is heard.

import { serverNow } from "./clock.js";

/** Offsets of the pulses in seconds: high 3+2, 3+2; medium 3; low 1. */
const PULSES = {
  high: [0, 0.2, 0.4, 0.75, 0.95, 1.9, 2.1, 2.3, 2.65, 2.85],
  medium: [0, 0.4, 0.8],
  low: [0],
};
const LENGTH_S = { high: 0.12, medium: 0.2, low: 0.25 };
const PITCH_HZ = { high: 660, medium: 523, low: 440 };
const HARMONICS = [1, 0.6, 0.45, 0.35, 0.25];
const TECHNICAL_HARMONICS = [0.3, 1, 0.15, 0.8, 0.1];

/** @type {AudioContext | null} */
let context = null;
let proven = false;

const PROVEN_BY = "sound:proven-by";

/** A page that is loaded again keeps the proof this person gave on this screen, if the browser still lets it sound.
 * @param {Document} root */
export function start(root) {
  if (kept()) wake();
  document.addEventListener("help:called", () => sound("high", false, true));
  root.querySelectorAll("[data-sound-test]").forEach((button) => button.addEventListener("click", () => prove(/** @type {HTMLElement} */ (button))));
}

/** The proof is the person's and the tab's; nothing of a patient is in it. @returns {boolean} */
function kept() {
  try {
    return sessionStorage.getItem(PROVEN_BY) === (document.body.dataset.person ?? "");
  } catch {
    return false;
  }
}

/** Without a touch some browsers stay mute: then the screen says so, and the first touch of anything lets it sound. */
function wake() {
  audio();
  proven = true;
  resume();
  showProof();
}

/** One for the page. A call on the tablet or a device that is pulled out stops it at any time: every touch brings it back.
 * @returns {AudioContext} */
function audio() {
  if (context) return context;
  context = new AudioContext();
  context.addEventListener("statechange", showProof);
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, resume);
  return context;
}

function resume() {
  if (proven && context && context.state !== "running") context.resume().catch(() => undefined);
}

/** The screen says whether its alarms can be heard (D4, H6). */
function showProof() {
  document.querySelectorAll("[data-sound-unproven]").forEach((place) => place.toggleAttribute("hidden", isProven()));
  for (const button of document.querySelectorAll("[data-sound-test]")) {
    if (proven && !(/** @type {HTMLElement} */ (button).dataset.played)) button.textContent = isProven() ? "Sound proven" : "Play the start tone";
  }
  document.dispatchEvent(new CustomEvent("sound:state"));
}

/** @returns {boolean} whether a person heard the start tone and the audio still runs */
export function isProven() {
  return proven && context?.state === "running";
}

/** @param {"high" | "medium" | "low"} priority @param {boolean} technical @param {boolean} overdue nobody answered in time
 * @returns {boolean} whether it could be heard */
export function sound(priority, technical = false, overdue = false) {
  if (!context || context.state !== "running" || isQuiet(overdue)) return false;
  const from = context.currentTime; // once: the time goes on between two pulses on a busy machine
  for (const offset of PULSES[priority]) pulse(from + offset, priority, technical);
  return true;
}

let quietUntil = -Infinity;

/** A lease, and never a switch: without the next one the chair sounds by itself. @param {string | null} iso server time */
export function allowQuietUntil(iso) {
  quietUntil = iso ? Date.parse(iso) : -Infinity;
}

/** D8: a screen beside the patient (data-quiet) is silent only while somebody is proven to listen elsewhere, the line to
 * the server lives, and no high alarm waits too long. @param {boolean} overdue @returns {boolean} */
export function isQuiet(overdue) {
  const now = serverNow();
  const leased = now !== null && now < quietUntil;
  return !overdue && leased && document.querySelector("[data-quiet]") !== null && document.documentElement.dataset.connection !== "lost";
}

/** For the self-test: heard whatever else holds. @param {"high" | "medium" | "low"} priority */
export async function play(priority) {
  await audio().resume();
  sound(priority, false, true);
}

/** The person says that all sounds were heard. */
export function heardAll() {
  proven = true;
  try {
    sessionStorage.setItem(PROVEN_BY, document.body.dataset.person ?? "");
  } catch {
    // No storage: proven on this page only.
  }
  document.querySelectorAll("[data-sound-test]").forEach((button) => delete (/** @type {HTMLElement} */ (button).dataset.played));
  showProof();
  document.dispatchEvent(new CustomEvent("sound:proven"));
}

/** @param {number} from @param {"high" | "medium" | "low"} priority @param {boolean} technical */
function pulse(from, priority, technical) {
  if (!context) return;
  const until = from + LENGTH_S[priority];
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(0.5, from + 0.015);
  gain.gain.setValueAtTime(0.5, until - 0.015);
  gain.gain.linearRampToValueAtTime(0, until);
  const tone = context.createOscillator();
  tone.setPeriodicWave(wave(context, technical ? TECHNICAL_HARMONICS : HARMONICS));
  tone.frequency.value = PITCH_HZ[priority];
  tone.connect(gain).connect(context.destination);
  tone.start(from);
  tone.stop(until);
}

/** @param {AudioContext} audio @param {number[]} harmonics */
function wave(audio, harmonics) {
  return audio.createPeriodicWave(new Float32Array(harmonics.length + 1), new Float32Array([0, ...harmonics]));
}

/** Play, then ask: only the person can say the sound was heard; of what was stopped since, nobody can.
 * @param {HTMLElement} button */
async function prove(button) {
  if (button.dataset.played && context?.state === "running") {
    heardAll();
    return;
  }
  await audio().resume();
  sound("medium");
  button.dataset.played = "yes";
  button.textContent = "I heard it";
}
