// Letting go: what was received stays until it lies in a safe backup of the server, and seven days at least. Another life
// of the server may lack what the one before had: its receipts are void, and everything is offered again.
import { within } from "./base.js";

const WEEK = 7 * 86_400_000;

const old = (receipt) => Date.now() - receipt.at > WEEK;
const safe = (receipt, { epoch, durable }) => receipt.epoch === epoch && durable >= receipt.seq && old(receipt);
const replaced = ({ state }) => state === "replaced"; // another item goes in its place, and outlives it

// Tells whether anything is to be sent again.
export async function release(server, { items, receipts }) {
  const void_ = [...receipts.values()].filter((one) => one.epoch !== server.epoch && !replaced(one)).map(({ of }) => of);
  const here = new Set(items.map(({ item }) => item));
  const goes = (receipt) => (replaced(receipt) ? old(receipt) && !here.has(receipt.by) : safe(receipt, server));
  const gone = items.filter(({ item }) => receipts.has(item) && goes(receipts.get(item)));
  const left = new Set(items.filter((item) => !gone.includes(item)).flatMap(({ blobs }) => blobs));
  const photos = gone.flatMap(({ blobs }) => blobs).filter((one) => !left.has(one));
  if (!void_.length && !gone.length) return false;
  await within(["items", "blobs", "receipts"], "readwrite", (stores) => {
    [...void_, ...photos, ...gone.map(({ item }) => item)].forEach((one) => stores.receipts.delete(one));
    gone.forEach(({ item }) => stores.items.delete(item));
    photos.forEach((one) => stores.blobs.delete(one));
  });
  return void_.length > 0;
}

// Photos that belong to no item and no draft any more, after a week.
export async function sweep({ items }) {
  const wanted = new Set(items.flatMap(({ blobs }) => blobs));
  const read = (name, ask) => within([name], "readonly", (stores) => ask(stores[name]));
  const [hashes, drafts] = [await read("blobs", (all) => all.getAllKeys()), await read("drafts", (all) => all.getAll())];
  const named = JSON.stringify(drafts);
  for (const sha256 of hashes.filter((one) => !wanted.has(one) && !named.includes(one))) {
    const { at } = (await read("blobs", (all) => all.get(sha256))) ?? {};
    if (Date.now() - at > WEEK) await within(["blobs"], "readwrite", ({ blobs }) => blobs.delete(sha256));
  }
}
