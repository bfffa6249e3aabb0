// One small photo out of the template of its place, with the way to leave it out.

export function thumb(place, src, away) {
  const tile = place.querySelector("template").content.cloneNode(true).firstElementChild;
  tile.querySelector("img").src = src;
  tile.querySelector("button").addEventListener("click", () => { tile.remove(); away(); });
  return tile;
}
