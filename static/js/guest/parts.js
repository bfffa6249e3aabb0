// The parts of the page, and how an answer of the server takes their place: what is the same stays as it is, and so does
// a form in which something was chosen, as long as the same is asked.

const bare = (part) => part.outerHTML.replace(/(name="item_id" value)="[^"]*"/g, "$1");
const parts = (main) => [...main.querySelectorAll("[data-part]")];
let sent = new Map(parts(document).map((part) => [part.dataset.part, bare(part)])); // before any control changed it

export function note(name, on = true, words = "") {
  const line = document.querySelector(`[data-note="${name}"]`);
  if (!line) return;
  line.hidden = !on;
  const told = line.querySelector("span");
  line.dataset.words = line.dataset.words || told.textContent;
  told.textContent = words || line.dataset.words;
}

export function asked(part) {
  const field = part.querySelector('[name="shown"]');
  return field ? field.value : "";
}

export function renew(html, touched) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const next = page.querySelector("main[data-guest]");
  const main = document.querySelector("main[data-guest]");
  if (!next || !main) return false; // of somebody else: a network that wants a sign-in also says 200
  const there = new Map(parts(main).map((part) => [part.dataset.part, part]));
  const wanted = parts(next).map((part) => {
    const mine = there.get(part.dataset.part);
    const stays = mine && (touched.has(mine) ? asked(mine) === asked(part) : sent.get(part.dataset.part) === bare(part));
    return stays ? mine : document.importNode(part, true);
  });
  const gone = [...touched].some((part) => main.contains(part) && asked(part) && !wanted.includes(part));
  parts(main).filter((part) => !wanted.includes(part)).forEach((part) => part.remove());
  wanted.forEach((part, at) => {
    if (main.children[at] !== part) main.insertBefore(part, main.children[at] || null);
  });
  sent = new Map(parts(next).map((part) => [part.dataset.part, bare(part)]));
  document.title = page.title;
  note("changed", gone);
  return true;
}
