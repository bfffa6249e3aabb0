// Items: what was submitted here, frozen under a number of its own. Unsent is what has no receipt.
import { within } from "./base.js";

// {items, receipts}: every item in the order of submitting, and the receipts by what they are of (item or photo).
export async function all() {
  let told;
  const items = await within(["items", "receipts"], "readonly", ({ items, receipts }) => {
    receipts.getAll().onsuccess = ({ target }) => { told = target.result; };
    return items.getAll();
  });
  return { items: items.sort((one, other) => one.nr - other.nr), receipts: new Map(told.map((one) => [one.of, one])) };
}

// How many items lie here and how many of them are unsent; reads keys only.
export async function count() {
  let received;
  const keys = await within(["items", "receipts"], "readonly", ({ items, receipts }) => {
    receipts.getAllKeys().onsuccess = ({ target }) => { received = new Set(target.result); };
    return items.getAllKeys();
  });
  return { kept: keys.length, unsent: keys.filter((key) => !received.has(key)).length, received: received.size };
}

// The items that wait, in lines that must keep their order: one line for each visit.
export function lines({ items, receipts }) {
  const found = new Map();
  for (const item of items) {
    if (receipts.has(item.item)) continue;
    if (!found.has(item.line)) found.set(item.line, []);
    found.get(item.line).push(item);
  }
  return [...found.values()];
}

export const put = (receipt) => within(["receipts"], "readwrite", ({ receipts }) => receipts.put(receipt));

// The server says it lacks these photos: they are to be sent once more.
export const again = (hashes) => within(["receipts"], "readwrite", ({ receipts }) => hashes.forEach((one) => receipts.delete(one)));
