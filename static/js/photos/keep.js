// A photo of a form: on the tablet's disk under its hash, named in a hidden field, and in a file field for a form that
// is sent as it is. `word` says what it shows.
import { NoRoom, canKeep, keepBlob, readBlob } from "../outbox/blobs.js";

const named = (place, name, word) => [...place.querySelectorAll(`input[type=hidden][name="${name}"]`)].find(({ value }) => value.split(" ")[0] === word);

function intoFile(input, blob) {
  if (!input) return;
  const held = new DataTransfer();
  held.items.add(new File([blob], "photo.jpg", { type: blob.type }));
  input.files = held.files;
}

// A photo that is still being made belongs to the form: whoever freezes it waits for all that go on by then.
export function goesOn(form, coming) {
  form.addEventListener("freezing", ({ detail }) => detail(coming), { once: true });
  return coming;
}

// "saved" once it lies on the disk, "held" where nothing can be kept (the form sends it), "full" without room. Throws where
// it could be kept and was not: that form goes without its files.
export async function keep(place, { name, word, blob, file, at = Date.now() }) {
  intoFile(file, blob);
  if (!canKeep()) return "held";
  try {
    const { sha256 } = await keepBlob(blob);
    const field = named(place, name, word) ?? place.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value = `${word} ${sha256} ${at}`;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return "saved";
  } catch (trouble) {
    if (trouble instanceof NoRoom) return "full";
    throw trouble;
  }
}

export function drop(place, name, word) {
  const field = named(place, name, word);
  field?.remove();
  place.dispatchEvent(new Event("change", { bubbles: true }));
}

// What was kept before: [word, address, type of the file], and the file field filled again.
export async function kept(place, name, fileOf) {
  const told = [...place.querySelectorAll(`input[type=hidden][name="${name}"]`)].map(({ value }) => value.split(" "));
  const found = await Promise.all(told.map(async ([word, sha256]) => [word, await readBlob(sha256).catch(() => null)]));
  return found.filter(([, one]) => one).map(([word, { bytes, type }]) => {
    const blob = new Blob([bytes], { type });
    intoFile(fileOf(word), blob);
    return [word, URL.createObjectURL(blob), type];
  });
}
