// Steps of the dose that could not be sent. They are not sent later by themselves: a device may be given once more meanwhile,
// and a pump does not stop when the network returns. They stand in the bar (waiting_bar.js), kept as what waits is kept, until
// somebody says that they are written down, or the same step is sent: the timeline then has when it was pressed first (H17).

import { clinicTime } from "./clock.js";
import { canKeep, drop, keep, waiting } from "./store.js";
import { uuid } from "./uuid.js";

/** @typedef {import("./store.js").Entry} Entry */

/** @param {Entry} entry @returns {Promise<boolean>} whether it is told and stays */
export async function keepUnsent(entry) {
  const person = document.body.dataset.person ?? "";
  if (!person || !canKeep()) return false;
  try {
    for (const { seq } of (await waiting(person)).mine.filter((one) => isSame(one, entry))) await drop(seq);
    await keep(person, { ...entry, unsent: true });
  } catch {
    return false;
  }
  document.dispatchEvent(new CustomEvent("waiting:changed"));
  return true;
}

/** The server has answered the same step. That it was pressed before goes into the timeline, under the time of that press:
 * what was done then may be charted with another. @param {Entry} entry */
export async function wasSent(entry) {
  const person = document.body.dataset.person ?? "";
  if (!person || !canKeep()) return;
  try {
    for (const one of (await waiting(person)).mine.filter((kept) => isSame(kept, entry))) {
      await keep(person, trace(one, one, pressedBefore(one)));
      await drop(one.seq);
    }
  } catch {
    // What is told for nothing is put away by hand.
  }
}

/** Under its own key, or entered anew in the same words. @param {Entry} one @param {Entry} other */
function isSame(one, other) {
  const words = ({ action, label, fields }) => JSON.stringify([action, label, fields]);
  return one.unsent === true && ((one.once !== "" && one.once === other.once) || words(one) === words(other));
}

/** A line for the timeline, through the session's own door for remarks. @param {Entry} entry
 * @param {{ at: string, own?: boolean }} when @param {string} words @returns {Entry} */
export function trace({ action }, { at, own }, words) {
  const door = action.replace(/^(\/sessions\/[^/]+\/).*$|[^/]+\/$/, "$1event/");
  return { once: uuid(), action: door, label: "Remark", fields: [["words", words]], at, own, trace: true };
}

/** @param {Entry} entry */
function pressedBefore({ label }) {
  return `Pressed, and no answer came, no connection: “${label}”. Pressed once more when the connection was back.`;
}

/** For the timeline, when the line is back: what was done, when, and that it is on paper. @param {Entry} entry */
export function notSent({ label, fields, at }) {
  const typed = fields.map(([, value]) => value).filter(Boolean).join(", ");
  return `Not sent, no connection: “${label}”${typed && ` (${typed})`} of ${clinicTime(at)}. Written down on paper.`;
}
