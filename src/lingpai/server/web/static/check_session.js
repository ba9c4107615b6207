// Tells the page of an application in whose hidden frame we are whether who is signed in is still the same.
// It asks with "<client_id> <session_state>" and is answered "unchanged", "changed" or "error"; nothing leaves the browser.
// OpenID Connect Session Management 1.0 §3.2; the same hash is made in authorization/session_state.py.
"use strict";

function browserState() {
  for (const cookie of document.cookie.split("; ")) {
    const [name, value] = cookie.split("=");
    if (name === "lingpai_browser_state" || name === "__Host-lingpai_browser_state") return value;
  }
  return "";
}

async function compare(message, origin) {
  const parts = typeof message === "string" ? message.split(" ") : [];
  const sessionState = parts.pop();
  const [hash, salt] = (sessionState || "").split(".");
  if (!parts.length || !hash || !salt || !window.crypto.subtle) return "error";
  const text = [...parts, origin, browserState(), salt].join(" ");
  const digest = new Uint8Array(await window.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex === hash ? "unchanged" : "changed";
}

window.addEventListener("message", async (event) => {
  // A page without an origin of its own ("null") cannot be answered without answering everybody.
  if (!event.source || event.origin === "null") return;
  event.source.postMessage(await compare(event.data, event.origin), event.origin);
});
