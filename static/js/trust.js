// Looks whether this device trusts the store, and what it gives a page that is trusted.

const CAN = {
  secure: () => window.isSecureContext,
  camera: () => Boolean(navigator.mediaDevices?.getUserMedia),
  offline: () => "serviceWorker" in navigator,
  passkeys: () => Boolean(window.PublicKeyCredential),
};

class TrustCheck extends HTMLElement {
  connectedCallback() {
    // An iPad asks for desktop pages and calls itself a Mac; its fingers give it away.
    const asks = new URLSearchParams(location.search);
    if (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1 && !asks.has("system")) {
      asks.set("system", "ipad");
      location.replace(`?${asks}`);
      return;
    }
    this.look();
    this.ears = new AbortController();
    const seen = () => document.visibilityState === "visible" && this.look();
    document.addEventListener("visibilitychange", seen, { signal: this.ears.signal });
  }

  disconnectedCallback() {
    this.ears?.abort();
  }

  async look() {
    if (!this.dataset.secure) return;
    this.show("asking");
    const trusted = await fetch(`${this.dataset.secure}/trust/reached`, { cache: "no-store", credentials: "omit" })
      .then((answer) => answer.ok, () => false);
    this.show(trusted ? "trusted" : "untrusted");
    if (location.protocol === "https:") this.abilities();
  }

  show(state) {
    for (const part of this.querySelectorAll("div[data-is]")) part.hidden = part.dataset.is !== state;
  }

  abilities() {
    this.querySelector("[data-is=abilities]").hidden = false;
    for (const item of this.querySelectorAll("[data-ability]")) {
      const can = CAN[item.dataset.ability]();
      item.querySelector("[data-has]").hidden = !can;
      item.querySelector("[data-lacks]").hidden = can;
    }
  }
}

customElements.define("trust-check", TrustCheck);
