// A sheet to sign on. Keeps the strokes in shares of the sheet's width, so that turning the tablet loses nothing.

class SignaturePad extends HTMLElement {
  connectedCallback() {
    this.canvas = this.querySelector("canvas");
    this.field = this.querySelector("input[type=hidden]");
    this.strokes = this.field.value ? JSON.parse(this.field.value) : [];
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.draw(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => this.finish());
    this.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    this.watch = new ResizeObserver(() => this.redraw());
    this.watch.observe(this.canvas);
  }

  disconnectedCallback() {
    this.watch.disconnect();
  }

  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push((this.stroke = []));
    this.draw(event);
  }

  draw(event) {
    if (!this.stroke) return;
    const box = this.canvas.getBoundingClientRect();
    const round = (share) => Math.round(share * 1e4) / 1e4;
    this.stroke.push([round((event.clientX - box.left) / box.width), round((event.clientY - box.top) / box.width)]);
    this.redraw();
  }

  finish() {
    this.stroke = null;
    this.field.value = this.strokes.length ? JSON.stringify(this.strokes) : "";
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clear() {
    this.strokes = [];
    this.finish();
    this.redraw();
  }

  redraw() {
    const scale = window.devicePixelRatio || 1;
    const [wide, tall] = [this.canvas.clientWidth * scale, this.canvas.clientHeight * scale];
    Object.assign(this.canvas, { width: wide, height: tall });
    const pen = this.canvas.getContext("2d");
    Object.assign(pen, { lineWidth: 2.4 * scale, lineCap: "round", lineJoin: "round", strokeStyle: "#10161a" });
    for (const stroke of this.strokes) {
      pen.beginPath();
      stroke.forEach(([x, y]) => pen.lineTo(x * wide, y * wide));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] * wide + 1, stroke[0][1] * wide);
      pen.stroke();
    }
  }
}

customElements.define("signature-pad", SignaturePad);
