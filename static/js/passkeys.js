// Fills a form with what a passkey says, and sends it. Where the browser knows no passkeys the form stays hidden.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function opened(options) {
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    excludeCredentials: known(options.excludeCredentials),
    allowCredentials: known(options.allowCredentials),
  };
}

function told(credential) {
  const { id, type, rawId, response } = credential;
  const said = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = text(response[name]);
  }
  return JSON.stringify({ id, type, rawId: text(rawId), response: said, clientExtensionResults: {} });
}

async function fill(form) {
  const asked = await fetch(form.dataset.passkey, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!asked.ok) throw new Error(String(asked.status));
  const { options, ticket } = await asked.json();
  const credential = await navigator.credentials[form.dataset.passkeyDoes]({ publicKey: opened(options) });
  form.elements.ticket.value = ticket;
  form.elements.credential.value = told(credential);
}

function send(event) {
  const form = event.currentTarget;
  if (form.elements.credential.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  fill(form).then(() => form.requestSubmit(), () => { failed.hidden = false; });
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", send, { capture: true });
  }
}
