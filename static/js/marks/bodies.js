// Another body is chosen: its outline and the aims of its corners come out of the file of all bodies, which is fetched
// once and lies on the tablet's shelf. Until it is drawn nothing is set on the drawing of another one.
let file;

async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(address);
  return new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
}

function draw(board, body, drawn) {
  board.part("board").querySelector("svg").replaceWith(document.importNode(drawn.querySelector("svg"), true));
  for (const path of board.form.querySelectorAll(".shot .aim path")) {
    const { angle } = path.closest(".shot").dataset;
    path.setAttribute("d", drawn.querySelector(`[data-aim="${angle}"]`).getAttribute("d"));
  }
  board.dataset.body = body;
}

const chosen = (board) => board.querySelector("input[name=body]:checked")?.value ?? board.dataset.body;

export const turned = (board) => chosen(board) === board.dataset.body;

export async function turn(board) {
  const body = chosen(board);
  if (turned(board)) return;
  const place = board.part("board");
  place.setAttribute("aria-busy", "true");
  board.part("unturned").hidden = true;
  try {
    const drawings = await (file ??= read(board.dataset.bodies));
    if (chosen(board) === body) draw(board, body, drawings.querySelector(`[data-body="${body}"]`)); // not yet another
  } catch {
    file = undefined;
    board.part("unturned").hidden = false;
    board.querySelector(`input[name=body][value="${board.dataset.body}"]`).checked = true;
  }
  place.removeAttribute("aria-busy");
}
