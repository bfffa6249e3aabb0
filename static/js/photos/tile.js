// One tile of the round: its file field, whether it has a photo, the photo itself.

export const fileOf = (tile) => tile.querySelector("input[type=file]");

export const has = (tile) => ["saving", "saved", "full"].includes(tile.dataset.state);

export const aimOf = (tile) => ({ word: tile.querySelector(".shot-word").textContent, aim: tile.querySelector(".aim path")?.getAttribute("d") });

export function picture(tile, src) {
  const image = tile.querySelector("img") ?? tile.querySelector(".shot-frame").appendChild(new Image());
  Object.assign(image, { src, alt: "" });
}

// The photo alone, in a place that shows only the last one.
export function held(place, blob) {
  const image = Object.assign(new Image(), { src: URL.createObjectURL(blob), alt: "" });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  place.replaceChildren(image);
}
