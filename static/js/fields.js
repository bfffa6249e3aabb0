// What of a form is kept as a draft: what a person typed, ticked or drew; no secrets, files or buttons.

const TICKS = ["checkbox", "radio"];
const NEVER = ["password", "file", "submit", "button", "reset", "image"];
const SECRET = "input[type=password], [autocomplete=one-time-code]";

export const isKept = (form) => form.getAttribute("method") === "post" && !("plain" in form.dataset) && !form.querySelector(SECRET);

export const itemOf = (form) => form.querySelector("input[name=item_id]");

// What a control wrote down for a person: strokes, photos, marks. Its place says in data-keeps which names it may add.
const drawn = (field) => field.type === "hidden" && field.closest("signature-pad, [data-keeps]");

export function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !field.readOnly && !NEVER.includes(field.type)
    && field.localName !== "fieldset" && field.localName !== "output" && (field.type !== "hidden" || drawn(field)));
}

function changed(field) {
  if (TICKS.includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.options) return field.value !== ([...field.options].find((one) => one.defaultSelected) ?? field.options[0])?.value;
  return drawn(field) ? field.value !== "" : field.value !== field.defaultValue;
}

// Two forms of one page may go to the same address: what they carry hidden and what they ask first tells them apart.
export function keyOf(form, person) {
  const carried = [...form.elements].filter((field) => field.type === "hidden" && !drawn(field)
    && !["item_id", "next"].includes(field.name)).map((field) => `${field.name}=${field.value}`);
  const address = new URL(form.getAttribute("action") ?? "", location.href).pathname;
  return [person, address, ...carried, fieldsOf(form).find((field) => !drawn(field))?.name].join(" ");
}

export function typedIn(form) {
  const fields = fieldsOf(form);
  const names = new Set(fields.filter(changed).map((field) => field.name));
  return Object.fromEntries([...names].map((name) => [name, fields.filter((field) => field.name === name
    && (!TICKS.includes(field.type) || field.checked)).map((field) => field.value)]));
}

// The hidden fields that a control had added: as many as there were, in their order.
function putIn(form, typed) {
  let different = false;
  for (const place of form.querySelectorAll("[data-keeps]")) {
    for (const name of place.dataset.keeps.split(" ")) {
      const there = [...place.querySelectorAll(`input[type=hidden][name="${name}"]`)];
      if (!typed[name] || String(there.map(({ value }) => value)) === String(typed[name])) continue;
      there.forEach((field) => field.remove());
      place.append(...typed[name].map((value) => Object.assign(document.createElement("input"), { type: "hidden", name, value })));
      different = true;
    }
  }
  return different;
}

// Puts it back and tells whether anything looks different now; controls hear of it by `restored`.
export function putBack(form, typed) {
  let different = putIn(form, typed);
  for (const [name, values] of Object.entries(typed)) {
    const fields = fieldsOf(form).filter((field) => field.name === name);
    fields.forEach((field, at) => {
      const before = TICKS.includes(field.type) ? field.checked : field.value;
      if (TICKS.includes(field.type)) field.checked = values.includes(field.value);
      else if (values[at] !== undefined) field.value = values[at];
      if (before === (TICKS.includes(field.type) ? field.checked : field.value)) return;
      different = true;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  if (different) form.dispatchEvent(new Event("restored", { bubbles: true }));
  return different;
}
