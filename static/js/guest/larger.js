// Two pictures in one frame come small; the large ones when somebody touches the frame.

export function larger() {
  for (const kind of ["pointerdown", "touchstart", "keydown"]) {
    document.addEventListener(kind, (event) => {
      const frame = event.target.closest("before-after");
      if (!frame) return;
      frame.querySelectorAll("img").forEach((one) => {
        if (/\/thumb$/.test(one.src)) one.src = one.src.replace(/\/thumb$/, "");
      });
    }, { passive: true });
  }
}
