// Packs pictures beside the page, so that no finger waits for them. Runs as a worker.
import { pack } from "./pack.js";

self.addEventListener("message", async ({ data: { nr, picture } }) => {
  const blob = await pack(picture).catch(() => null);
  self.postMessage({ nr, blob });
});
self.postMessage({ ready: true });
