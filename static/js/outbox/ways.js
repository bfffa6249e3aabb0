// The way out of what cannot go as it is, one tap each: leave the photo out, take it again, send it under a new number.
import { shrunk } from "../photos/shrink.js";
import { NoRoom, blobUrl, keepBlob } from "./blobs.js";
import { underANewNumber, withoutPhoto } from "./reissue.js";
import { tell } from "./told.js";

const PHOTO = ["photo", "gone"];

async function shows(image, sha256) {
  const src = await blobUrl(sha256).catch(() => null);
  if (!src) return;
  image.addEventListener("load", () => { image.hidden = false; });
  image.src = src; // what no browser can show stays hidden
}

export function ways(row, item, { why, sha256 } = {}) {
  const way = PHOTO.includes(why) && sha256 ? "photo" : why === "clash" ? "clash" : null;
  const place = way && row.querySelector(`[data-ways=${way}]`);
  if (!place) return;
  const trouble = row.querySelector("[data-no-way]");
  const go = (act) => async () => {
    if (place.inert) return;
    place.inert = true;
    trouble.hidden = true;
    try {
      await act();
      tell({ is: "wake" });
    } catch (failed) {
      trouble.hidden = false;
      trouble.querySelector("[data-full]").hidden = !(failed instanceof NoRoom);
      trouble.querySelector("[data-unread]").hidden = failed instanceof NoRoom;
      place.inert = false;
    }
  };
  place.hidden = false;
  if (way === "clash") return place.querySelector("button").addEventListener("click", go(() => underANewNumber(item)));
  const input = place.querySelector("input");
  place.querySelector("button").addEventListener("click", go(() => withoutPhoto(item, sha256, null, why)));
  input.addEventListener("change", go(async () => {
    const another = await keepBlob(await shrunk(input.files[0]));
    await withoutPhoto(item, sha256, another.sha256, why);
  }));
  shows(place.querySelector("img"), sha256);
}
