// A photo as it is kept: upright, 1600 pixels at most, JPEG, without what the phone wrote about place and person.
const SIDE = 1600;
const QUALITY = 0.85;
const LARGE = 3_000_000; // bytes: such a file has more than 1600 pixels across, and is made small while it is decoded
const OF_PHONES = /hei[cf]/i; // many browsers cannot show these; the server can

export function grab(source, wide, tall, side = SIDE) {
  const share = Math.min(1, side / Math.max(wide, tall));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.round(wide * share), height: Math.round(tall * share) });
  canvas.getContext("2d", { alpha: false }).drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export const packed = (canvas) => new Promise((done, failed) => {
  canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/jpeg", QUALITY);
});

// Throws for what is no photo.
export async function shrunk(file) {
  try {
    const how = file.size > LARGE ? { resizeWidth: SIDE, resizeQuality: "medium" } : {};
    const picture = await createImageBitmap(file, { imageOrientation: "from-image", ...how });
    const canvas = grab(picture, picture.width, picture.height);
    picture.close();
    return await packed(canvas);
  } catch (trouble) {
    if (OF_PHONES.test(file.type) || OF_PHONES.test(file.name)) return file;
    throw trouble;
  }
}
