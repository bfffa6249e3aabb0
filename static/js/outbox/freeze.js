// Submitting: a form becomes an item with a number of its own, its body as bytes that are never changed again. It counts
// as saved here when it was written to the disk and read back; the form's draft goes in the same transaction.
import { fit, full } from "./ballast.js";
import { within } from "./base.js";
import { NoRoom, hashOf, readBlob } from "./blobs.js";

const HASH = /\b[0-9a-f]{64}\b/g;
export const boot = crypto.randomUUID?.() ?? ""; // this life of the page: its monotonic clock means nothing in another

// RFC 9562: the time in front, so that numbers sort as they were made.
export function uuid7(at = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = at.toString(16).padStart(12, "0");
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const rest = Array.from(bytes.slice(6), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}

function contentOf(form, author) {
  const { outbox: kind, schema = "1", visit, base, supersedes } = form.dataset;
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "item_id");
  if (!visit && !fields.some(([name]) => name === "visit_new")) fields.push(["visit_new", crypto.randomUUID()]);
  const blobs = fields.filter(([name]) => name.endsWith("photo")).flatMap(([, value]) => value.match(HASH) ?? []);
  const captured = { at: Date.now(), mono: performance.now(), boot };
  return { item: uuid7(), kind, schema: Number(schema), visit: visit || null, base: base || null, supersedes: supersedes || null,
    fields, blobs: [...new Set(blobs)], captured, ticket: author.ticket };
}

async function weigh(hashes) {
  let sum = 0;
  for (const one of hashes) sum += (await readBlob(one))?.size ?? 0;
  return sum;
}

// What is kept beside the body tells the lists what it is, without reading it.
async function sealed(content, author, title) {
  const body = new TextEncoder().encode(JSON.stringify(content)).buffer;
  const { item, kind, visit, blobs, captured, fields } = content;
  const plate = title || new Map(fields).get("plate") || "";
  return { item, kind, blobs, ...captured, person: author.person, name: author.name, title: plate,
    line: visit ?? new Map(fields).get("visit_new"), body, hash: await hashOf(body), weight: await weigh(blobs) };
}

// The item as it lies on the disk; throws NoRoom when even words do not fit any more.
export async function freeze(form, author, drafts = []) {
  const made = await sealed(contentOf(form, author), author, form.dataset.title);
  try {
    await fit(() => within(["items", "meta", "drafts"], "readwrite", (stores) => {
      drafts.forEach((key) => stores.drafts.delete(key));
      stores.meta.get("counter").onsuccess = ({ target }) => {
        const nr = (target.result?.value ?? 0) + 1;
        stores.meta.put({ key: "counter", value: nr });
        stores.items.add({ ...made, nr });
      };
    }));
  } catch (trouble) {
    throw full(trouble) ? new NoRoom() : trouble;
  }
  const kept = await within(["items"], "readonly", ({ items }) => items.get(made.item));
  if (!kept || (await hashOf(kept.body)) !== made.hash) throw new Error("the item could not be read back");
  return kept;
}
