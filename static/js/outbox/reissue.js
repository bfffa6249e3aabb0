// Another item in place of one that cannot go as it is: the same words under a number of its own. The first one is never
// changed; it stays here beside its successor, which says what is different.
import { fit } from "./ballast.js";
import { within } from "./base.js";
import { hashOf, readBlob } from "./blobs.js";
import { uuid7 } from "./freeze.js";

const read = ({ body }) => JSON.parse(new TextDecoder().decode(body));

// A photo is left out, or another one (a hash) stands in its place; `why` is what the server had against it.
export function withoutPhoto(item, sha256, another, why) {
  const told = read(item);
  const named = ([name, value]) => name.endsWith("photo") && value.includes(sha256);
  const fields = told.fields.flatMap(([name, value]) => {
    if (!named([name, value])) return [[name, value]];
    return another ? [[name, value.replace(sha256, another).replace(/ \d+$/, ` ${Date.now()}`)]] : [];
  });
  const blobs = [...new Set(told.blobs.flatMap((one) => (one === sha256 ? another ?? [] : one)))];
  const left_out = [...(told.left_out ?? []), ...(another ? [] : told.fields.filter(named).map(([, value]) => `${why} ${value.split(" ")[0]}`))];
  return put(item, { ...told, fields, blobs, left_out, supersedes: told.supersedes ?? item.item });
}

// The server has something else under its number.
export const underANewNumber = (item) => put(item, { ...read(item), instead_of: { item: item.item, hash: item.hash } });

async function put(before, content) {
  const made = { ...content, item: uuid7() };
  const body = new TextEncoder().encode(JSON.stringify(made)).buffer;
  let weight = 0;
  for (const one of made.blobs) weight += (await readBlob(one))?.size ?? 0;
  const after = { ...before, item: made.item, blobs: made.blobs, body, hash: await hashOf(body), weight, left_out: made.left_out?.length ?? 0 };
  await fit(() => within(["items", "receipts", "meta"], "readwrite", (stores) => {
    stores.items.add(after);
    stores.receipts.put({ of: before.item, state: "replaced", by: made.item, at: Date.now() });
    stores.meta.delete(`trouble ${before.item}`);
  }));
  const kept = await within(["items"], "readonly", ({ items }) => items.get(made.item));
  if (!kept || (await hashOf(kept.body)) !== after.hash) throw new Error("the item could not be read back");
  return kept;
}
