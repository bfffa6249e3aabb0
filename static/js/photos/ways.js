// How photos and films come into a strip: the camera over the page, a short film out of it, or chosen files.
import { canFilm, film } from "./film.js";
import { shrunk } from "./shrink.js";
import { viewfinder } from "./viewfinder.js";

const denied = (strip) => ({ name }) => strip.say(name === "NotAllowedError" ? "denied" : "");

export const filesOf = (input) => [...input.files].map((file) => (file.type.startsWith("video/") ? file : shrunk(file)));

function byCamera(strip, label) {
  let camera = viewfinder(strip.querySelector("dialog"));
  label.addEventListener("click", async (event) => {
    if (!camera) return;
    event.preventDefault();
    const step = { word: label.querySelector("span").textContent };
    await camera.open([step], 0, { taken: () => true, shot: (_, coming) => strip.take(coming) }).catch((trouble) => {
      camera = null; // from now on a tap asks for a file
      denied(strip)(trouble);
    });
  });
}

function byFilm(strip, label) {
  label.addEventListener("click", async (event) => {
    event.preventDefault();
    const shot = await film(strip.querySelector("dialog.filmer")).catch(denied(strip));
    if (shot) strip.take(shot);
  });
}

export function ways(strip, [photo, filmed]) {
  if (navigator.mediaDevices?.getUserMedia) byCamera(strip, photo.closest("label"));
  if (filmed && canFilm()) byFilm(strip, filmed.closest("label"));
}
