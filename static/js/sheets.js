// Links the stylesheet of a control that only scripts can open, once. Kept when it is there, or cannot be had.

export function sheet(name) {
  const href = new URL(`../css/${name}.css`, import.meta.url).href;
  if ([...document.styleSheets].some((one) => one.href === href)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((there) => { link.onload = link.onerror = there; });
}
