// A photo as it is kept, made beside the page where the browser can do that, on the page where it cannot.
import { pack } from "./pack.js";

const SIDE = 1600;
const LARGE = 3_000_000; // bytes: such a file has more than 1600 pixels across, and is made small while it is decoded
const OF_PHONES = /hei[cf]/i; // many browsers cannot show these; the server can
const waiting = new Map();
let room;
let ready = false; // until the worker has answered once the page does it: a worker that never came must cost no photo
let last = 0;

export function warm() {
  if (room || !self.OffscreenCanvas?.prototype.convertToBlob) return;
  room = new Worker(new URL("./darkroom.js", import.meta.url), { type: "module" });
  room.addEventListener("message", ({ data }) => {
    ready = true;
    const [done, failed] = waiting.get(data.nr) ?? [];
    waiting.delete(data.nr);
    if (data.blob) done?.(data.blob);
    else failed?.(new Error("no picture"));
  });
}

function packed(picture) {
  if (!ready) return pack(picture);
  return new Promise((...ends) => {
    waiting.set(++last, ends);
    room.postMessage({ nr: last, picture }, [picture]);
  });
}

// What the camera shows now. A video frame costs the page nothing, but in some browsers it lies on its side.
export function frame(video) {
  if (ready && self.VideoFrame) {
    const picture = new VideoFrame(video);
    if (picture.displayWidth === video.videoWidth && picture.displayHeight === video.videoHeight) return packed(picture);
    picture.close();
  }
  return createImageBitmap(video).then(packed);
}

// Throws for what is no photo.
export async function shrunk(file) {
  try {
    const how = file.size > LARGE ? { resizeWidth: SIDE, resizeQuality: "medium" } : {};
    return await packed(await createImageBitmap(file, { imageOrientation: "from-image", ...how }));
  } catch (trouble) {
    if (OF_PHONES.test(file.type) || OF_PHONES.test(file.name)) return file;
    throw trouble;
  }
}
