// One new mark in the list: what it is, how large, a note, a photo, and away again.
import { drop } from "../photos/keep.js";
import { markPhoto } from "./photo.js";

export function markRow(board, { id, place, kind, size, note }) {
  const row = board.part("row").content.firstElementChild.cloneNode(true);
  const one = (what) => row.querySelector(what);
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
  markPhoto(board, row);
  one("[data-act=away]").addEventListener("click", () => {
    board.field(id).remove();
    drop(board, "mark_photo", id);
    board.draw();
  });
  return row;
}
