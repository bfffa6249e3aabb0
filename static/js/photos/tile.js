// One tile of the round: its file field, whether it has a photo, the photo itself.

export const fileOf = (tile) => tile.querySelector("input[type=file]");

export const has = (tile) => ["saving", "saved", "full"].includes(tile.dataset.state);

export const aimOf = (tile) => ({ word: tile.querySelector(".shot-word").textContent, aim: tile.querySelector(".aim path")?.getAttribute("d") });

export function picture(tile, src) {
  const image = tile.querySelector("img") ?? tile.querySelector(".shot-frame").appendChild(new Image());
  Object.assign(image, { src, alt: "" });
}
