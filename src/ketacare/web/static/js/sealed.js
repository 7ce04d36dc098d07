// A private text that is not saved yet is kept closed, in its tab alone. The key stands only on its author's own page, which
// no browser stores: whoever else opens this browser finds bytes.

const IV_BYTES = 12;

/** A plain http address in the house's network gives a page no way to close anything: there, nothing is kept. */
export function canSeal() {
  return globalThis.crypto?.subtle !== undefined;
}

/** @param {Uint8Array} bytes */
function written(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** @param {string} text */
function read(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** @param {string} key */
function opened(key) {
  return crypto.subtle.importKey("raw", read(key), "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** @param {Uint8Array} iv @param {string} place */
function by(iv, place) {
  return { name: "AES-GCM", iv: /** @type {BufferSource} */ (iv), additionalData: new TextEncoder().encode(place) };
}

/** Bound to its place: for another form it does not open. @param {string} key @param {string} place @param {string} words */
export async function seal(key, place, words) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const closed = await crypto.subtle.encrypt(by(iv, place), await opened(key), new TextEncoder().encode(words));
  return written(new Uint8Array([...iv, ...new Uint8Array(closed)]));
}

/** @param {string} key @param {string} place @param {string} text @returns {Promise<string | null>} null of what another key closed */
export async function unseal(key, place, text) {
  try {
    const bytes = read(text);
    const words = await crypto.subtle.decrypt(by(bytes.slice(0, IV_BYTES), place), await opened(key), bytes.slice(IV_BYTES));
    return new TextDecoder().decode(words);
  } catch {
    return null;
  }
}
