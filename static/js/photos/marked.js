// Marks on photos of a form: each tile opens the photo large, what is drawn goes with the form as “<word> <marks>”.
import { draw } from "../marks/vectors.js";

const fieldOf = (place, word) => [...place.querySelectorAll("input[type=hidden][name=marks]")].find(({ value }) => value.startsWith(`${word} `));

export const marksOf = (place, word) => fieldOf(place, word)?.value.slice(word.length + 1) ?? "";

export function unmark(place, word) {
  fieldOf(place, word)?.remove();
}

function write(place, word, told) {
  unmark(place, word);
  if (!told || told === "[]") return;
  const field = place.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "marks", value: `${word} ${told}` }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

// What is drawn lies over the small photo as well.
export function overlay(place, tile, word) {
  const image = tile.querySelector("img");
  const svg = tile.querySelector("svg.drawing");
  const show = () => draw(svg, JSON.parse(marksOf(place, word) || "[]"), image.naturalWidth || 1000, image.naturalHeight || 750);
  image.addEventListener("load", show);
  show();
}

export function marking(place, tile, word) {
  const button = tile.querySelector(".strip-mark");
  const dialog = place.querySelector("dialog.marker-sheet");
  if (!button || !dialog) return;
  button.hidden = false;
  overlay(place, tile, word);
  button.addEventListener("click", async () => {
    await customElements.whenDefined("photo-marks");
    const marks = dialog.querySelector("photo-marks");
    marks.open(tile.querySelector("img").src, marksOf(place, word));
    dialog.querySelector("[data-closes]").onclick = () => dialog.close();
    dialog.onclose = () => { write(place, word, JSON.stringify(marks.marks)); overlay(place, tile, word); };
    dialog.showModal();
  });
}
