// The search over every page: arrows and Enter walk through what was found, and it says when the network is away.

export function palette() {
  const dialog = document.querySelector("dialog.palette");
  if (!dialog) return;
  const input = dialog.querySelector("input[name=q]");
  const results = dialog.querySelector(".palette-results");
  const links = () => [...results.querySelectorAll("a.row-title")];

  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = links();
    (all[all.indexOf(document.activeElement) + step] ?? (step < 0 ? input : all.at(-1)))?.focus();
  });
  // Enter opens the best car that stands there; before anything has come, the page of the search.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (links().length && !input.classList.contains("htmx-request")) links()[0].click();
    else if (input.value.trim()) input.form.submit();
  });
  input.addEventListener("htmx:error", () => {
    const words = dialog.querySelector("template[data-offline-results]").content.cloneNode(true);
    results.querySelector("[data-is=offline]")?.remove();
    results.querySelector("[data-is=loading]")?.remove();
    results.prepend(words);
  });
}
