// Shows at the thing touched that something is under way, keeps a form from being sent twice, and says when the network is away.

function toast(name) {
  const template = document.querySelector(`template[data-toast="${name}"]`);
  const place = document.querySelector("[data-toasts]");
  if (!template || !place) return;
  place.replaceChildren(template.content.cloneNode(true));
}

function network() {
  for (const note of document.querySelectorAll("[data-offline]")) note.hidden = navigator.onLine;
}

function whole(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

export function waiting() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => whole(form), 15000);
  });
  // A page that comes back from the browser's memory is whole again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) whole(form);
  });
  document.addEventListener("htmx:error", () => toast("lost"));
  // A refusal stays until it is tapped or the next thing is tried.
  document.addEventListener("click", (event) => event.target.closest?.("[data-toasts] > *")?.remove());
  document.addEventListener("htmx:before:request", (event) => {
    document.querySelector("[data-toasts]")?.replaceChildren();
    event.detail.ctx?.sourceEvent?.submitter?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:finally:request", (event) => {
    event.detail.ctx?.sourceEvent?.submitter?.removeAttribute("aria-busy");
  });
  // A refused form comes back at what is wrong in it, not at its head.
  const wrong = document.querySelector("main [aria-invalid=true]");
  wrong?.closest("details")?.setAttribute("open", "");
  wrong?.focus({ preventScroll: true });
  wrong?.scrollIntoView({ block: "center" });
  window.addEventListener("online", network);
  window.addEventListener("offline", network);
  network();
}
