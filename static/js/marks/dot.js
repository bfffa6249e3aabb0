// Marks on the outline lie at x and y per mille of the drawing: where a finger was, and the numbered dot there.
const SVG = "http://www.w3.org/2000/svg";

function made(group, tag, facts) {
  const one = group.appendChild(document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(facts)) one.setAttribute(name, value);
  return one;
}

export function dot({ x, y, number }) {
  const group = document.createElementNS(SVG, "g");
  group.setAttribute("class", "car-mark");
  made(group, "circle", { cx: x * 1.2, cy: y * 1.72, r: 34 });
  made(group, "text", { x: x * 1.2, y: y * 1.72 + 14, "text-anchor": "middle", "font-size": 42, "font-weight": 700 }).textContent = number;
  return group;
}

const mille = (at, from, long) => Math.min(1000, Math.max(0, Math.round(((at - from) / long) * 1000)));

export function milleOf({ clientX, clientY }, drawing) {
  const box = drawing.getBoundingClientRect();
  return { x: mille(clientX, box.left, box.width), y: mille(clientY, box.top, box.height) };
}
