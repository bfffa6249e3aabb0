// Photos on this tablet, each under the hash of its content. What `keepBlob` has answered for is on the disk: it was read
// back and is the same. Some room is left for words and signatures, which are kept when no photo fits any more.
import { full, layBallast } from "./ballast.js";
import { within } from "./base.js";

export class NoRoom extends Error {}

// Without these a form stays an ordinary form and sends its files itself.
export function canKeep() {
  try {
    return Boolean(window.isSecureContext && window.indexedDB && crypto.subtle && navigator.locks);
  } catch {
    return false;
  }
}

export async function hashOf(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// {sha256, size, type} once the photo lies on the disk; throws NoRoom when it does not fit.
export async function keepBlob(blob) {
  const bytes = await blob.arrayBuffer();
  const sha256 = await hashOf(bytes);
  const told = { sha256, size: bytes.byteLength, type: blob.type };
  try {
    await layBallast();
    await within(["blobs"], "readwrite", ({ blobs }) => blobs.put({ ...told, at: Date.now(), bytes }));
  } catch (trouble) {
    throw full(trouble) ? new NoRoom() : trouble;
  }
  const kept = await readBlob(sha256);
  if (!kept || (await hashOf(kept.bytes)) !== sha256) throw new Error("the photo could not be read back");
  return told;
}

// {sha256, size, type, at, bytes}, or undefined.
export const readBlob = (sha256) => within(["blobs"], "readonly", ({ blobs }) => blobs.get(sha256));

// An address for <img>, or null when the photo is not here; whoever asked revokes it.
export async function blobUrl(sha256) {
  const kept = await readBlob(sha256);
  return kept ? URL.createObjectURL(new Blob([kept.bytes], { type: kept.type })) : null;
}
