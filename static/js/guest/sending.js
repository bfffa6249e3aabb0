// Sends a form and shows the answer in place. Where the network swallows it, everything chosen is still there, and the
// same form sent again counts once.
import { note, renew } from "./parts.js";

const SHOWN = [404, 409, 410, 422]; // the page itself, or that there is none any more; all else keeps what was chosen

function refusal(html) {
  const said = new DOMParser().parseFromString(html, "text/html").querySelectorAll("main[data-guest] p.large");
  return [...said].map((one) => one.textContent).join(" ");
}

// What was done on a page of its own is shown by the page that the answer leads to.
function elsewhere(answer) {
  if (!answer.redirected || new URL(answer.url).pathname === location.pathname) return false;
  location.assign(answer.url);
  return true;
}

async function send(form) {
  const buttons = [...form.querySelectorAll("button[type=submit]"), ...document.querySelectorAll(`[form="${form.id}"]`)];
  const busy = (on) => buttons.forEach((one) => one.setAttribute("aria-busy", String(on)));
  form.dataset.busy = "";
  busy(true);
  note("lost", false);
  try {
    const body = new URLSearchParams([...new FormData(form)]);
    const headers = { Accept: "text/html" };
    const answer = await fetch(form.action, { method: "POST", body, headers, credentials: "same-origin" });
    if (answer.ok && elsewhere(answer)) return;
    const told = await answer.text();
    if (!(answer.ok || SHOWN.includes(answer.status)) || !renew(told, new Set())) {
      note("lost", true, refusal(told));
      return;
    }
    document.dispatchEvent(new CustomEvent("sent", { detail: answer.headers.get("ETag") || "" }));
    const said = document.querySelector("[data-part=said]") || document.querySelector("[aria-invalid=true]");
    if (said) said.scrollIntoView({ block: "center" });
  } catch (error) {
    note("lost");
  } finally {
    delete form.dataset.busy;
    busy(false);
  }
}

export function sending() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("plain" in form.dataset) return;
    event.preventDefault();
    if (!("busy" in form.dataset)) send(form);
  });
}
