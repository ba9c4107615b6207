"""A passkey in software: answers creation and request options as a browser with an authenticator would.

What a test changes about it is what an attacker might.
"""

import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from lingpai.crypto import b64
from lingpai.crypto.digest import new_id

_PRESENT, _VERIFIED, _HAS_CREDENTIAL = 1, 4, 64


class Authenticator:
    """One credential for one site."""

    def __init__(self, origin: str = "http://localhost:4000", rp_id: str = "localhost") -> None:
        self.credential_id = new_id()
        self.origin = origin
        self.rp_id = rp_id
        self.verifies = True
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: str) -> str:
        """The JSON a page sends after ``navigator.credentials.create``."""
        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(_HAS_CREDENTIAL) + credential}
        client_data = self._client_data("webauthn.create", options)
        return self._answer(clientDataJSON=client_data, attestationObject=cbor2.dumps(attestation))

    def get(self, options: str) -> str:
        """The JSON a page sends after ``navigator.credentials.get``."""
        self.count += 1
        client_data, data = self._client_data("webauthn.get", options), self._data()
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client_data, authenticatorData=data, signature=signature)

    def _client_data(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, more: int = 0) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, **parts: bytes) -> str:
        encoded = b64.encode(self.credential_id)
        response = {name: b64.encode(value) for name, value in parts.items()}
        answer: dict[str, Any] = {"id": encoded, "rawId": encoded, "type": "public-key", "response": response}
        return json.dumps(answer)
