// Tells the store that the page was looked at: at a touch, or after seconds on a screen, so that no preview counts.

const LOOKING = 5000;

export function looked() {
  const main = document.querySelector("main[data-opening]");
  if (!main) return;
  const signs = ["pointerdown", "touchstart", "keydown", "scroll"];
  let told = false;

  function tell() {
    if (told || document.hidden) return;
    told = true;
    signs.forEach((sign) => window.removeEventListener(sign, tell));
    fetch(main.dataset.opening, { method: "POST", credentials: "same-origin" }).catch(() => { told = false; });
  }

  signs.forEach((sign) => window.addEventListener(sign, tell, { passive: true }));
  setTimeout(tell, LOOKING);
  document.addEventListener("visibilitychange", () => setTimeout(tell, LOOKING));
}
