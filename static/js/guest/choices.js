// What was chosen and not yet sent: it stays when the page is read anew in this tab, as long as the same is asked.
import { asked } from "./parts.js";

const changed = new Set();

export function touched() {
  changed.forEach((part) => { if (!part.isConnected) changed.delete(part); });
  return changed;
}

function keep(form, part) {
  const made = [...form.querySelectorAll("input[type=radio]:checked, input[name=name]")]
    .map((one) => [one.name, one.value]);
  sessionStorage.setItem(asked(part), JSON.stringify(made));
}

function restore(part) {
  const made = JSON.parse(sessionStorage.getItem(asked(part)) || "[]");
  const fields = [...part.querySelectorAll("input")];
  if (!made.length || fields.some((one) => one.checked)) return;
  made.forEach(([name, value]) => fields.filter((one) => one.name === name).forEach((one) => {
    if (one.type === "radio") one.checked = one.value === value || one.checked;
    else one.value = value;
  }));
  changed.add(part);
  part.querySelector("form").dispatchEvent(new Event("change"));
}

export function choices() {
  document.addEventListener("input", (event) => {
    const part = event.target.closest("[data-part]");
    if (!part || !event.target.form) return;
    changed.add(part);
    try {
      if (asked(part)) keep(event.target.form, part);
    } catch (error) { /* no room, or forbidden: then a reload asks again */ }
  });
  try {
    document.querySelectorAll("[data-part]").forEach((part) => { if (asked(part)) restore(part); });
  } catch (error) { /* the same */ }
}
