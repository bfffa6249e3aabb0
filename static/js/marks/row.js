// One new mark in the list: what it is, how large, a note, a photo, and away again.
import { drop } from "../photos/keep.js";
import { shrunk } from "../photos/shrink.js";

export function markRow(board, { id, place, kind, size, note }) {
  const row = board.part("row").content.firstElementChild.cloneNode(true);
  const one = (what) => row.querySelector(what);
  const file = Object.assign(one("input[type=file]"), { name: `mark_photo_${id}` });
  row.dataset.id = id;
  one("[data-place]").textContent = board.words(place);
  one(".mark-note").value = note;
  one(".mark-note").addEventListener("change", ({ target }) => board.change(id, { note: target.value }));
  for (const [what, chosen] of Object.entries({ kind, size })) {
    const pick = one(`[data-pick=${what}]`);
    const show = (value) => [...pick.children].forEach((chip) => chip.setAttribute("aria-pressed", chip.value === value));
    show(chosen);
    pick.addEventListener("click", ({ target }) => {
      if (!target.value) return;
      show(target.value);
      board.change(id, { [what]: target.value });
    });
  }
  const say = (state) => {
    row.dataset.state = state;
    one(".shot-state").textContent = board.dataset[state === "held" ? "saved" : state] ?? "";
  };
  const take = async (coming) => {
    try {
      say("saving");
      const blob = await coming;
      row.dispatchEvent(new CustomEvent("picture", { detail: URL.createObjectURL(blob) }));
      say(await board.keepPhoto(id, blob, file));
    } catch {
      file.value = "";
      say("broken");
    }
  };
  row.addEventListener("picture", ({ detail }) => one("[data-act=photo]").replaceChildren(Object.assign(new Image(), { src: detail, alt: "" })));
  file.addEventListener("change", (event) => { event.stopPropagation(); if (file.files[0]) take(shrunk(file.files[0])); });
  one("[data-act=photo]").addEventListener("click", () => {
    if (!navigator.mediaDevices?.getUserMedia) return file.click();
    return board.photograph(board.words(place)).then(take, () => file.click());
  });
  one("[data-act=away]").addEventListener("click", () => {
    board.field(id).remove();
    drop(board, "mark_photo", id);
    board.draw();
  });
  return row;
}
