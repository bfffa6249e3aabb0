// Another body is chosen: its outline comes out of its template, the present one goes into one; so do the aims.

export function turn(board, body) {
  const other = board.querySelector(`template[data-body="${body}"]`);
  if (!other) return;
  const [now, next] = [board.part("board").querySelector("svg"), other.content.querySelector("svg")];
  const leaving = document.createElement("template");
  leaving.dataset.body = board.dataset.body;
  for (const path of board.form.querySelectorAll(".shot .aim path")) {
    const { angle } = path.closest(".shot").dataset;
    const kept = leaving.content.appendChild(document.createElement("i"));
    Object.assign(kept.dataset, { aim: angle, d: path.getAttribute("d") });
    path.setAttribute("d", other.content.querySelector(`[data-aim="${angle}"]`).dataset.d);
  }
  now.replaceWith(next);
  leaving.content.append(now);
  other.replaceWith(leaving);
  board.dataset.body = body;
}
