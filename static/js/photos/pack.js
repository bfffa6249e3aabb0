// Any picture as the JPEG that is kept: 1600 pixels at most, without what a phone wrote about place and person. Runs on
// the page and beside it. Throws for a picture without any light: memory ran out, or a glove lies on the lens.
const SIDE = 1600;
const QUALITY = 0.85;
const CELLS = 8;

const sheet = (wide, tall) => (self.OffscreenCanvas ? new OffscreenCanvas(wide, tall) : Object.assign(document.createElement("canvas"), { width: wide, height: tall }));

function dark(picture) {
  const pen = sheet(CELLS, CELLS).getContext("2d", { alpha: false, willReadFrequently: true });
  pen.drawImage(picture, 0, 0, CELLS, CELLS);
  return pen.getImageData(0, 0, CELLS, CELLS).data.every((value, at) => at % 4 === 3 || value === 0);
}

function jpeg(canvas) {
  const how = ["image/jpeg", QUALITY];
  if (canvas.convertToBlob) return canvas.convertToBlob({ type: how[0], quality: how[1] });
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), ...how));
}

export async function pack(picture) {
  const [wide, tall] = [picture.displayWidth ?? picture.width, picture.displayHeight ?? picture.height];
  const share = Math.min(1, SIDE / Math.max(wide, tall));
  const canvas = sheet(Math.round(wide * share), Math.round(tall * share));
  canvas.getContext("2d", { alpha: false }).drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  if (dark(canvas)) throw new Error("a picture without light");
  return jpeg(canvas);
}
