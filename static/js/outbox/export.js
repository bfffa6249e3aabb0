// The last resort: what waits here in one file, which a manager's page and ./clearbay take-in understand. Bodies as they
// were frozen, photos beside them.
import { readBlob } from "./blobs.js";
import { all } from "./items.js";

const PIECE = 0x8000; // bytes turned into text at once

function base64(bytes) {
  const view = new Uint8Array(bytes);
  let text = "";
  for (let at = 0; at < view.length; at += PIECE) text += String.fromCharCode(...view.subarray(at, at + PIECE));
  return btoa(text);
}

// A file of the unsent items for which `wanted` says yes.
async function exported(wanted) {
  const { items, receipts } = await all();
  const unsent = items.filter((item) => !receipts.has(item.item) && wanted(item));
  const parts = [`{"clearbay-export": 1, "at": ${Date.now()}, "items": `,
    JSON.stringify(unsent.map(({ body, at }) => ({ body: new TextDecoder().decode(body), captured: at }))), ', "blobs": ['];
  let comma = "";
  for (const sha256 of new Set(unsent.flatMap(({ blobs }) => blobs))) {
    const kept = await readBlob(sha256);
    if (!kept) continue;
    parts.push(comma, JSON.stringify({ sha256, type: kept.type, base64: base64(kept.bytes) }));
    comma = ",";
  }
  return new Blob([...parts, "]}"], { type: "application/json" });
}

// The same, into the folder of downloads.
export async function save(wanted) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await exported(wanted)), download: `clearbay-${Date.now()}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
