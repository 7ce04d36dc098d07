// What people type at a chair, understood the same way each time. The server decides; this only reads back.

const KG_PER_LB = 0.45359237;

/** @typedef {{ ok: boolean, words: string }} Reading */

/** 120/80, 120 80, 120-80, 120/80/93. @param {string} text @returns {Reading} */
export function pressure(text) {
  const found = /^\s*(\d{2,3})\s*[/\s-]\s*(\d{2,3})(?:\s*[/\s-]\s*(\d{2,3}))?\s*$/.exec(text);
  if (!found) return { ok: false, words: "Write systolic, then diastolic: 120/80" };
  const [systolic, diastolic] = [Number(found[1]), Number(found[2])];
  if (diastolic >= systolic) return { ok: false, words: "The first number must be the higher one" };
  const mean = found[3] ? `, mean ${found[3]}` : "";
  return { ok: true, words: `${systolic} over ${diastolic} mmHg${mean}` };
}

/** 72, 72 kg, 158 lb: both units are shown back. @param {string} text @returns {Reading} */
export function weight(text) {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(kg|lb|lbs)?\s*$/i.exec(text);
  if (!found) return { ok: false, words: "Write a number, then kg or lb: 72 or 158 lb" };
  const given = Number(found[1]);
  const pounds = (found[2] ?? "kg").toLowerCase().startsWith("lb");
  const kilograms = pounds ? given * KG_PER_LB : given;
  return { ok: kilograms > 0, words: `${tidy(kilograms)} kg = ${tidy(kilograms / KG_PER_LB)} lb` };
}

/** 0930, 930, 9:30, -5, t+40. @param {string} text @returns {Reading} */
export function moment(text) {
  const typed = text.trim().toLowerCase();
  const clock = /^(\d{1,2}):?(\d{2})$/.exec(typed);
  if (clock) return onTheClock(Number(clock[1]), Number(clock[2]));
  const ago = /^-\s*(\d{1,3})$/.exec(typed);
  if (ago) return { ok: true, words: `${ago[1]} minutes ago` };
  const since = /^t\s*\+\s*(\d{1,3})$/.exec(typed);
  if (since) return { ok: true, words: `${since[1]} minutes after the start` };
  return { ok: false, words: "Write 0930, -5 for five minutes ago, or t+40" };
}

/** @param {number} hour @param {number} minute @returns {Reading} */
function onTheClock(hour, minute) {
  if (hour > 23 || minute > 59) return { ok: false, words: "A day ends at 23:59" };
  return { ok: true, words: `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}` };
}

/** @param {number} value */
function tidy(value) {
  return String(Math.round(value * 10) / 10);
}

/** @type {Record<string, (text: string) => Reading>} */
export const PARSERS = { pressure, weight, moment };
