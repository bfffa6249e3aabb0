// One small photo or film out of the template of its place, with the way to leave it out.

export function thumb(place, src, away, film = false) {
  const tile = place.querySelector("template").content.cloneNode(true).firstElementChild;
  const [image, unseen] = [tile.querySelector("img"), tile.querySelector("img + [hidden]")];
  if (film) {
    image.replaceWith(Object.assign(document.createElement("video"), { src, muted: true, controls: true, playsInline: true, preload: "metadata" }));
    tile.classList.add("film");
  } else {
    image.addEventListener("error", () => { [image.hidden, unseen.hidden] = [true, false]; }); // as phones take them
    image.src = src;
  }
  tile.querySelector(".strip-away").addEventListener("click", () => { tile.remove(); away(); });
  return tile;
}
