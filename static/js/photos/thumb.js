// One small photo out of the template of its place, with the way to leave it out.

export function thumb(place, src, away) {
  const tile = place.querySelector("template").content.cloneNode(true).firstElementChild;
  const [image, unseen] = [tile.querySelector("img"), tile.querySelector("img + [hidden]")];
  image.addEventListener("error", () => { [image.hidden, unseen.hidden] = [true, false]; }); // as phones take them
  image.src = src;
  tile.querySelector("button").addEventListener("click", () => { tile.remove(); away(); });
  return tile;
}
