// The photo of a mark, new or seen again: the camera of the page, or a file where there is none.
import { goesOn, keep } from "../photos/keep.js";
import { shrunk } from "../photos/shrink.js";
import { viewfinder } from "../photos/viewfinder.js";

export function markPhoto(board, row) {
  const one = (what) => row.querySelector(what);
  const { id } = row.dataset;
  const button = one("[data-act=photo]");
  const icon = button.firstElementChild;
  const file = Object.assign(one("input[type=file]"), { name: `mark_photo_${id}` });
  const say = (state) => {
    row.dataset.state = state;
    one(".shot-state").textContent = board.dataset[state === "held" ? "saved" : state] ?? "";
  };
  const keeps = async (coming) => {
    try {
      say("saving");
      const blob = await coming;
      row.dispatchEvent(new CustomEvent("picture", { detail: URL.createObjectURL(blob) }));
      say(await keep(board, { name: "mark_photo", word: id, blob, file }));
    } catch {
      file.value = "";
      say("broken");
    }
  };
  const take = (coming) => goesOn(board.form, keeps(coming));
  const camera = () => viewfinder(board.form.querySelector("dialog.viewfinder")).one({ word: one("[data-place]").textContent });
  button.hidden = false;
  row.addEventListener("picture", ({ detail }) => {
    button.replaceChildren(detail ? Object.assign(new Image(), { src: detail, alt: "" }) : icon);
    if (!detail) say("");
  });
  file.addEventListener("change", (event) => { event.stopPropagation(); if (file.files[0]) take(shrunk(file.files[0])); });
  if (file.files[0]) take(shrunk(file.files[0])); // before this script had come
  button.addEventListener("click", () => {
    if (!navigator.mediaDevices?.getUserMedia) return file.click();
    return camera().then(take, () => file.click());
  });
}
