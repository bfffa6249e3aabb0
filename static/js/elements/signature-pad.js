// A sheet to sign on. Keeps the strokes in shares of the sheet's width, so that turning the tablet loses nothing.

class SignaturePad extends HTMLElement {
  connectedCallback() {
    this.canvas = this.querySelector("canvas");
    this.field = this.querySelector("input[type=hidden]");
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.draw(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => this.finish());
    this.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    const form = this.closest("form") || this; // written as old web views read it: customers sign in them
    form.addEventListener("restored", () => this.read());
    form.addEventListener("reset", () => this.clear());
    this.watch = new ResizeObserver(() => this.redraw());
    this.watch.observe(this.canvas);
    this.read();
  }

  disconnectedCallback() {
    this.watch.disconnect();
  }

  read() {
    this.strokes = this.field.value ? JSON.parse(this.field.value) : [];
    this.redraw();
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
    const from = Math.max(0, this.stroke.length - 1);
    const between = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of between.length ? between : [event]) {
      this.stroke.push([round((one.clientX - box.left) / box.width), round((one.clientY - box.top) / box.width)]);
    }
    this.line(this.stroke.slice(from));
  }

  finish() {
    if (!this.stroke) return;
    this.stroke = null;
    this.tell();
  }

  tell() {
    this.field.value = this.strokes.length ? JSON.stringify(this.strokes) : "";
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clear() {
    this.strokes = [];
    this.tell();
    this.redraw();
  }

  redraw() {
    const scale = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: this.canvas.clientWidth * scale, height: this.canvas.clientHeight * scale });
    this.strokes.forEach((stroke) => this.line(stroke));
  }

  line(points) {
    const [wide, scale] = [this.canvas.width, window.devicePixelRatio || 1];
    const pen = this.canvas.getContext("2d");
    Object.assign(pen, { lineWidth: 2.4 * scale, lineCap: "round", lineJoin: "round", strokeStyle: "#10161a" });
    pen.beginPath();
    points.forEach(([x, y]) => pen.lineTo(x * wide, y * wide));
    if (points.length === 1) pen.lineTo(points[0][0] * wide + 1, points[0][1] * wide);
    pen.stroke();
  }
}

customElements.define("signature-pad", SignaturePad);
