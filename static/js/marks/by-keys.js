// Drawing without a finger: arrow keys move a cross, Enter sets the first and the second point, Backspace takes a mark back.
const [STEP, FINE] = [25, 5];
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The cross is drawn like a mark, while the keys have the photo.
export const crossAt = ([x, y]) => [[[x - 18, y], [x + 18, y]], [[x, y - 24], [x, y + 24]]].map((points) => ({ kind: "line", points }));

function move(marker, way, step) {
  marker.at = marker.at.map((from, side) => Math.min(1000, Math.max(0, from + way[side] * step)));
  if (marker.drawn) marker.drawn = { ...marker.drawn, points: [marker.drawn.points[0], marker.at] };
}

function point(marker) {
  if (marker.drawn) return marker.end();
  marker.first(marker.at);
  if (marker.drawn) marker.say("first");
}

export function byKeys(marker, event) {
  const { key, altKey, ctrlKey } = event;
  if (key in MOVES) move(marker, MOVES[key], altKey ? FINE : STEP);
  else if (key === "Escape" && marker.drawn) marker.drawn = null;
  else if (key === "Enter" || key === " ") point(marker);
  else if (key === "Backspace" || (key === "z" && ctrlKey)) marker.undo();
  else return;
  event.preventDefault();
  marker.show();
}
