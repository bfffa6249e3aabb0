// The browser's own database of Clearbay: what was typed, what was taken, what is still to be sent, what was received.
// Migrations only add, so a page of an older version works on a newer database. Each write is on the disk before it counts.
const NAME = "clearbay";
const VERSION = 2;
const STORES = { drafts: "key", blobs: "sha256", items: "item", receipts: "of", meta: "key" };

let opened;

function open(version) {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, version);
    asked.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!asked.result.objectStoreNames.contains(name)) asked.result.createObjectStore(name, { keyPath });
      }
    };
    asked.onsuccess = () => {
      const forget = () => { opened = null; };
      asked.result.onclose = forget;
      asked.result.onversionchange = () => { forget(); asked.result.close(); };
      done(asked.result);
    };
    asked.onerror = () => failed(asked.error);
  });
}

function database() {
  opened ??= open(VERSION).catch((trouble) => {
    if (trouble?.name === "VersionError") return open();
    opened = null;
    throw trouble;
  });
  return opened;
}

// One transaction over the stores named. `act` gets them by name and may return a request: its result is the answer,
// given only when everything is written. Rejects with what aborted it, a full disk as QuotaExceededError.
export async function within(names, mode, act) {
  const begin = async () => (await database()).transaction(names, mode, { durability: "strict" });
  const deal = await begin().catch((trouble) => {
    if (trouble?.name !== "InvalidStateError") throw trouble;
    opened = null; // closed under our hands, by another version or by clearing the data
    return begin();
  });
  return new Promise((done, failed) => {
    let asked;
    deal.oncomplete = () => done(asked instanceof IDBRequest ? asked.result : asked);
    deal.onabort = () => failed(deal.error ?? new DOMException("given up", "AbortError"));
    asked = act(Object.fromEntries(names.map((name) => [name, deal.objectStore(name)])));
  });
}

export const known = async (key) => (await within(["meta"], "readonly", ({ meta }) => meta.get(key)))?.value;

export const note = (key, value) => within(["meta"], "readwrite", ({ meta }) => meta.put({ key, value }));

export const forget = (key) => within(["meta"], "readwrite", ({ meta }) => meta.delete(key));
