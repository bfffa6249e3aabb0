// The camera that looks for codes: a square out of every frame goes to a worker, which tells what it read there.
// `found(codes)` hears of new ones only and says true when it took one; of null when nothing can be read here at all.
const PAUSE = 60; // ms between two frames
const SIDE = 640; // pixels of the square that is read
const AGAIN_AFTER = 1500; // ms out of sight until the same code counts anew

function letGo(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
  return false;
}

export class Camera {
  constructor(video, facing, found) {
    Object.assign(this, { video, facing, found, turn: 0 });
    this.pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  }

  async open() {
    const video = { facingMode: this.facing, width: { ideal: 1280 } };
    const turn = ++this.turn; // closed or opened again while the person is still being asked: this one is late
    const late = (trouble) => { if (turn === this.turn) throw trouble; };
    const stream = await navigator.mediaDevices.getUserMedia({ video }).catch(late);
    if (turn !== this.turn) return letGo(stream);
    this.stream = stream;
    this.track = this.stream.getVideoTracks()[0];
    this.reader ??= this.worker();
    this.video.srcObject = this.stream;
    await this.video.play().catch(late);
    if (turn !== this.turn) return false;
    this.frame();
    return Boolean(this.track.getCapabilities?.().torch);
  }

  worker() {
    const reader = new Worker(new URL("./code-reader.js", import.meta.url));
    reader.addEventListener("message", ({ data }) => {
      this.see(data);
      setTimeout(() => this.frame(), PAUSE);
    });
    reader.addEventListener("error", () => this.see(null));
    return reader;
  }

  frame() {
    if (!this.stream) return;
    const { videoWidth: wide, videoHeight: tall } = this.video;
    const from = Math.min(wide, tall);
    const side = Math.min(SIDE, from);
    if (!side) return setTimeout(() => this.frame(), PAUSE);
    Object.assign(this.pen.canvas, { width: side, height: side });
    this.pen.drawImage(this.video, (wide - from) / 2, (tall - from) / 2, from, from, 0, 0, side, side);
    const picture = this.pen.getImageData(0, 0, side, side);
    this.reader.postMessage(picture, [picture.data.buffer]);
  }

  see(codes) {
    const now = performance.now();
    const again = codes?.length === 1 && codes[0] === this.last;
    if (again && now - this.seen < AGAIN_AFTER) this.seen = now;
    else if (codes?.length !== 0 && this.found(codes)) Object.assign(this, { last: codes[0], seen: now });
  }

  forget() {
    this.last = null;
  }

  async light() {
    this.lit = !this.lit;
    await this.track.applyConstraints({ advanced: [{ torch: this.lit }] });
    return this.lit;
  }

  close() {
    this.turn += 1;
    letGo(this.stream);
    this.reader?.terminate();
    this.stream = this.reader = this.lit = null;
  }
}
