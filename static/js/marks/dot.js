// One numbered mark on the outline, at x and y per mille of the drawing.
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
