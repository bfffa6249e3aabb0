// Some room is held free for words and signatures: before the first photo a piece of ballast is laid down, and thrown out
// when words do not fit any more. What browsers tell of the room that is left cannot be relied on; they tell too much.
import { forget, note, within } from "./base.js";

const SIZE = 2_000_000; // bytes
const AT_ONCE = 65_536;

export const full = (trouble) => trouble?.name === "QuotaExceededError";

// Rejects with QuotaExceededError when the tablet has not even that room.
export async function layBallast() {
  if (await within(["meta"], "readonly", ({ meta }) => meta.count("ballast"))) return;
  const bytes = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += AT_ONCE) crypto.getRandomValues(bytes.subarray(at, at + AT_ONCE)); // nothing to compress
  await note("ballast", bytes.buffer);
}

// Writes words: when they do not fit the ballast goes, and they are written then.
export async function fit(write) {
  try {
    return await write();
  } catch (trouble) {
    if (!full(trouble)) throw trouble;
    await forget("ballast");
    return write();
  }
}
