// Reads codes out of camera frames beside the page, so that nothing on it ever waits for a frame. Runs as a worker.
importScripts("vendor/zxing-reader-3.1.4.js");

const WANTED = { formats: ["QRCode", "DataMatrix", "Code128"], tryHarder: true, maxNumberOfSymbols: 4 };
const here = new URL("vendor/zxing-reader-3.1.4.wasm", self.location.href).href;
ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => here } });

self.addEventListener("message", async ({ data }) => {
  try {
    const found = await ZXingWASM.readBarcodes(data, WANTED);
    self.postMessage([...new Set(found.filter((code) => code.isValid).map((code) => code.text))]);
  } catch {
    self.postMessage(null);
  }
});
