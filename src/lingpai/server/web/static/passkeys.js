// Passkeys: asks the authenticator and puts its answer into the hidden field of a form, which is then sent as any other.
"use strict";

const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const text = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

const answer = (credential) => {
  const { response } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response: told, clientExtensionResults: {} });
};

const send = (form, credential) => {
  form.elements.credential.value = answer(credential);
  form.requestSubmit();
};

const create = async (form) => {
  const options = JSON.parse(form.dataset.passkeyCreate);
  options.challenge = bytes(options.challenge);
  options.user.id = bytes(options.user.id);
  options.excludeCredentials = described(options.excludeCredentials);
  const credential = await navigator.credentials.create({ publicKey: options });
  if (credential) send(form, credential);
};

let waiting = new AbortController();

const get = async (form, mediation) => {
  const options = JSON.parse(form.dataset.passkeyGet);
  options.challenge = bytes(options.challenge);
  waiting.abort();
  waiting = new AbortController();
  const credential = await navigator.credentials.get({ publicKey: options, mediation, signal: waiting.signal });
  if (credential) send(form, credential);
};

const tell = (form, error) => {
  // Pressing "cancel", or one request replaced by another, is no failure worth a word.
  if (error.name === "NotAllowedError" || error.name === "AbortError") return;
  const problem = form.querySelector("[data-passkey-problem]");
  if (problem) problem.hidden = false;
};

const prepare = (form, ask) => {
  form.hidden = false;
  const button = form.querySelector("button");
  button.addEventListener("click", (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    ask(form).catch((error) => tell(form, error));
  });
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey-create]")) prepare(form, create);
  for (const form of document.querySelectorAll("form[data-passkey-get]")) {
    prepare(form, get);
    const known = PublicKeyCredential.isConditionalMediationAvailable;
    // The browser offers passkeys where it offers passwords, in the field of the name.
    if (known && document.querySelector("input[autocomplete~=webauthn]")) {
      known.call(PublicKeyCredential).then((able) => able && get(form, "conditional")).catch(() => {});
    }
  }
}
