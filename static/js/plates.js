// What a Chinese plate is made of, for the keyboard and for the badge that is drawn while one types. Whether it is a
// plate is decided by the server (models/vehicles/plates.py).

const PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS = "1234567890";

// The store's own provinces first: most cars come from next door.
const provinces = (own = "") => [...new Set([...own].filter((one) => PROVINCES.includes(one)).concat([...PROVINCES]))];

function endings(text) {
  if (text.startsWith("粤Z")) return [..."港澳"];
  return [..."学警挂使领"];
}

// The keys that make sense at this place of the plate; all signs where anything may be searched for.
function keysFor(text, { free, turned, own }) {
  if (turned || (!free && !text)) return provinces(own);
  if (free) return [...DIGITS, ...LETTERS];
  if (text.length === 1) return text === "使" ? [...DIGITS] : [...LETTERS];
  return [...DIGITS, ...LETTERS, ...(text.length === 6 ? endings(text) : [])];
}

// Capital, narrow, without what people put between the signs; O and I can only be 0 and 1.
export function readTyped(text) {
  const bare = text.normalize("NFKC").toUpperCase().replace(/[\s.·•・‧∙●。,_-]+/g, "").slice(0, 12);
  return bare.slice(0, 2) + bare.slice(2).replaceAll("O", "0").replaceAll("I", "1");
}

function kindOf(text) {
  const last = text.at(-1);
  if (text.startsWith("使") || "港澳使领".includes(last)) return "black";
  if (last === "警") return "white";
  if ("挂学".includes(last)) return "yellow";
  if (text.length < 8) return "blue";
  return /[A-HJK]$/.test(text) ? "green-yellow" : "green";
}

export function drawPlate(badge, text) {
  badge.hidden = !text;
  if (!text) return;
  badge.dataset.kind = kindOf(text);
  const head = document.createElement("b");
  head.textContent = text.slice(0, 2);
  badge.replaceChildren(head, text.slice(2), "•".repeat(Math.max(0, 7 - text.length)));
}

function keyOf(sign) {
  const key = document.createElement("button");
  Object.assign(key, { type: "button", className: "key", textContent: sign });
  key.dataset.key = sign;
  return key;
}

export function drawKeys(sheet, text, which) {
  const keys = keysFor(text, which);
  const grid = sheet.querySelector("[data-grid]");
  if (keys.join() !== [...grid.children].map((key) => key.dataset.key).join()) grid.replaceChildren(...keys.map(keyOf));
}

// The keys take no focus, so that the field keeps it and the tablet's own keyboard stays away.
export function keySheet(template, press) {
  const sheet = template.content.firstElementChild.cloneNode(true);
  for (const touch of ["pointerdown", "mousedown"]) sheet.addEventListener(touch, (event) => event.preventDefault());
  sheet.addEventListener("click", ({ target }) => target.closest("button") && press(target.closest("button").dataset.key));
  sheet.hidden = true;
  return sheet;
}
