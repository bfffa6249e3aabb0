// Asks while the page is on a screen whether anything has changed; the answer is mostly an empty 304.
import { note, renew } from "./parts.js";
import { touched } from "./choices.js";

const SOON = 20000;
const LATER = 60000;
const OVER = [404, 410]; // the link leads nowhere any more, and the page says so
const QUIET = 15; // times nothing was new, then it asks less often

export function news() {
  const main = document.querySelector("main[data-news]");
  if (!main) return;
  let [mark, same, timer] = [main.dataset.seen, 0, 0];

  async function ask() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const headers = mark ? { "If-None-Match": mark, Accept: "text/html" } : { Accept: "text/html" };
      const answer = await fetch(main.dataset.news, { headers, credentials: "same-origin", cache: "no-store" });
      if (answer.status === 304) same += 1;
      else if ((answer.ok || OVER.includes(answer.status)) && renew(await answer.text(), touched())) {
        [mark, same] = [answer.headers.get("ETag"), 0];
      }
      note("offline", false);
    } catch (error) {
      note("offline");
    }
    timer = setTimeout(ask, same > QUIET ? LATER : SOON);
  }

  document.addEventListener("visibilitychange", ask);
  window.addEventListener("online", ask);
  window.addEventListener("offline", () => note("offline"));
  document.addEventListener("sent", (event) => { mark = event.detail; });
  timer = setTimeout(ask, SOON);
  const line = document.querySelector("[data-by-itself]");
  if (line) line.hidden = false;
}
