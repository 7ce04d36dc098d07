// Where entries wait on this device: IndexedDB, each encrypted with a key that no script can read out. There is one key a
// person; signing out destroys it, and what it closed is gone with it. A crashed tab or a restarted machine leaves both.

const NAME = "waiting";
/** On the disk before the page says so, not in a cache that a power cut empties. */
const STRICT = /** @type {IDBTransactionOptions} */ ({ durability: "strict" });

/** @typedef {{ once: string, action: string, label: string, fields: [string, string][], at: string, own?: boolean, refused?: string[], confirm?: [string, string][], trace?: boolean, unsent?: boolean }} Entry
 * @typedef {Entry & { seq: number }} Kept
 * @typedef {{ seq?: number, person: string, at: string, iv: Uint8Array, closed: ArrayBuffer }} Row */

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** A plain http address in the house's network gives a page no keys: there, nothing is kept and forms go as ever. */
export function canKeep() {
  return "indexedDB" in globalThis && globalThis.crypto?.subtle !== undefined;
}

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("keys");
      asked.result.createObjectStore("entries", { keyPath: "seq", autoIncrement: true });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  // A disk that was full may have room the next time.
  opened.catch(() => (opened = undefined));
  return opened;
}

/** @template T @param {"keys" | "entries"} name @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act @returns {Promise<T>} */
async function within(name, mode, act) {
  const work = (await database()).transaction(name, mode, mode === "readwrite" ? STRICT : undefined);
  const asked = act(work.objectStore(name));
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve(asked.result);
    work.onabort = work.onerror = () => reject(work.error ?? asked.error);
  });
}

/** @param {string} person @param {boolean} make @returns {Promise<CryptoKey | undefined>} */
async function keyOf(person, make) {
  const found = await within("keys", "readonly", (keys) => keys.get(person));
  if (found || !make) return found;
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  // Another tab may have made one meanwhile: the first stays.
  await within("keys", "readwrite", (keys) => keys.add(fresh, person)).catch(() => undefined);
  return within("keys", "readonly", (keys) => keys.get(person));
}

/** @param {string} person @param {Entry} entry @returns {Promise<Row>} */
async function closed(person, entry) {
  const key = await keyOf(person, true);
  if (!key) throw new Error("no key");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const words = new TextEncoder().encode(JSON.stringify(entry));
  return { person, at: entry.at, iv, closed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, words) };
}

/** Kept when this returns. @param {string} person @param {Entry} entry @returns {Promise<number>} */
export async function keep(person, entry) {
  const row = await closed(person, entry);
  return /** @type {number} */ (await within("entries", "readwrite", (entries) => entries.add(row)));
}

/** @param {string} person @param {Kept} entry */
export async function keepAgain(person, { seq, ...entry }) {
  const row = await closed(person, entry);
  await within("entries", "readwrite", (entries) => entries.put({ ...row, seq }));
}

/** @param {number} seq */
export async function drop(seq) {
  await within("entries", "readwrite", (entries) => entries.delete(seq));
}

/** In the order they were entered; of somebody else's, only that they are there. @param {string} person
 * @returns {Promise<{ mine: Kept[], others: number }>} */
export async function waiting(person) {
  const rows = /** @type {(Row & { seq: number })[]} */ (await within("entries", "readonly", (entries) => entries.getAll()));
  const own = rows.filter((row) => row.person === person);
  const key = own.length ? await keyOf(person, false) : undefined;
  /** @type {Kept[]} */
  const mine = [];
  for (const row of own) {
    const entry = key && (await opening(key, row));
    if (entry) mine.push({ ...entry, seq: row.seq });
    else await drop(row.seq);
  }
  return { mine, others: rows.length - own.length };
}

/** What a destroyed key closed says nothing any more. @param {CryptoKey} key @param {Row} row @returns {Promise<Entry | undefined>} */
async function opening(key, row) {
  try {
    const words = await crypto.subtle.decrypt({ name: "AES-GCM", iv: /** @type {BufferSource} */ (row.iv) }, key, row.closed);
    return JSON.parse(new TextDecoder().decode(words));
  } catch {
    return undefined;
  }
}

/** Signed out: the key first, so that nothing it closed can be read even if the rest fails. @param {string} person */
export async function forget(person) {
  await within("keys", "readwrite", (keys) => keys.delete(person));
  const rows = /** @type {(Row & { seq: number })[]} */ (await within("entries", "readonly", (entries) => entries.getAll()));
  for (const row of rows) if (row.person === person) await drop(row.seq);
}
