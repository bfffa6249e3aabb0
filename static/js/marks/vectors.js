// Marks over a photo as SVG paths, as the server draws them (models/evidence/drawings.py): points in thousandths of its sides.
const SVG = "http://www.w3.org/2000/svg";
const HEAD = 0.5; // radians to either side of an arrow
const NEAR = 5; // thousandths: points of a line that lie nearer say nothing new
const MOST_POINTS = 400;

function headOf([fromX, fromY], [x, y], size) {
  const back = Math.atan2(fromY - y, fromX - x);
  return [-HEAD, HEAD].map((turn) => `M${x} ${y}L${x + size * Math.cos(back + turn)} ${y + size * Math.sin(back + turn)}`).join("");
}

export function pathOf({ kind, points }, wide, tall) {
  const on = points.map(([x, y]) => [(x * wide) / 1000, (y * tall) / 1000]);
  const [[x, y], [toX, toY]] = [on[0], on.at(-1)];
  if (kind === "circle") {
    const r = Math.hypot(toX - x, toY - y);
    return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
  const line = `M${on.map((point) => point.join(" ")).join("L")}`;
  return kind === "arrow" ? line + headOf(on[0], on.at(-1), Math.max(wide, tall) / 22) : line;
}

// The marks drawn into an SVG, each with a light edge so that it is seen on dirt as well as on chrome.
export function draw(svg, marks, wide, tall) {
  svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
  svg.replaceChildren(...marks.flatMap((mark) => ["drawing-edge", ""].map((name) => {
    const path = document.createElementNS(SVG, "path");
    if (name) path.setAttribute("class", name);
    path.setAttribute("d", pathOf(mark, wide, tall));
    return path;
  })));
}

export const lengthOf = (points) => points.slice(1).reduce((sum, [x, y], at) => sum + Math.hypot(x - points[at][0], y - points[at][1]), 0);

// One more point of a mark that is being drawn: an arrow and a circle have two.
export function onto({ kind, points }, [x, y]) {
  if (kind !== "line") return { kind, points: [points[0], [x, y]] };
  const [lastX, lastY] = points.at(-1);
  const far = Math.hypot(x - lastX, y - lastY) >= NEAR && points.length < MOST_POINTS;
  return { kind, points: far ? [...points, [x, y]] : points };
}
