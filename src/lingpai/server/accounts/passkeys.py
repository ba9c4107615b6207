"""Passkeys: adding them to an account, and signing in with one.

Owns the challenge and what a passkey is worth. A challenge is for one browser, one purpose and a quarter of an hour; it
is a signed value, so that showing the sign-in page stores nothing, and its id is spent with the answer. Authenticators
must make sure of their owner (user verification), which makes a passkey two factors in one. Leaves the cryptography to
the ``webauthn`` library and the rows to ``storage.passkeys``.

Spec: Web Authentication Level 2 §7.1; Web Authentication Level 2 §7.2; Web Authentication Level 2 §13.4.3
"""

import secrets
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from lingpai.crypto import b64
from lingpai.crypto.digest import equal, keyed_digest
from lingpai.server.audit import PASSKEY_CHANGED, SIGN_IN, SIGN_IN_REFUSED, Audit
from lingpai.server.mail.message import one_line
from lingpai.server.storage.accounts import Accounts
from lingpai.server.storage.external_identities import ExternalIdentities
from lingpai.server.storage.passkeys import Passkeys
from lingpai.server.storage.people_records import Passkey
from lingpai.server.storage.records import Account
from lingpai.server.storage.spent import Spent

CHALLENGE_LIFETIME_S = 900
NAME_LIMIT_CHARS = 64
_NONCE_BYTES = 16
_AT_BYTES = 8
_RESPONSE_LIMIT_CHARS = 16_384
_ALGS = (-7, -257, -8)  # ES256, RS256, EdDSA: what authenticators have
_TIMEOUT_MS = 300_000
# What the libraries raise for bytes of a stranger that are no answer of an authenticator.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, EOFError, RecursionError)


class PasskeyView(Struct, frozen=True):
    """A passkey as its owner sees it. ``name_in_forms``: the credential id as text."""

    name_in_forms: str
    name: str
    created_at: int
    used_at: int | None


class _Refused(Exception):
    """The answer is not one to a challenge of ours, or not this person's."""


class PasskeyRing:
    """Adds, lists, takes away, and signs in."""

    def __init__(  # noqa: PLR0913 - what it reads and writes, and three words of the settings
        self,
        rows: Passkeys,
        accounts: Accounts,
        identities: ExternalIdentities,
        spent: Spent,
        audit: Audit,
        *,
        key: bytes,
        issuer: str,
        name: str,
        providers: Collection[str],
    ) -> None:
        parts = urlsplit(issuer)
        self._rows = rows
        self._accounts = accounts
        self._identities = identities
        self._providers = providers  # those of today's settings: what another one says opens nothing any more
        self._spent = spent
        self._audit = audit
        self._key = key
        # From the settings, never from the request: a name that is not ours must not become the one keys are made for.
        self._rp_id = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._rp_name = name

    def creation_options(self, account: Account, existing: Sequence[PasskeyView], browser: str, now: int) -> str:
        """JSON for ``navigator.credentials.create``. Spec: Web Authentication Level 2 §5.4"""
        known = [{"type": "public-key", "id": passkey.name_in_forms} for passkey in existing]
        options = {
            "rp": {"id": self._rp_id, "name": self._rp_name},
            "user": {
                "id": b64.encode(account.id),
                "name": account.username,
                "displayName": account.name or account.username,
            },
            "challenge": b64.encode(self._challenge("create", account.id, browser, now)),
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in _ALGS],
            "timeout": _TIMEOUT_MS,
            "excludeCredentials": known,
            "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
            "attestation": "none",
        }
        return msgspec.json.encode(options).decode()

    def request_options(self, browser: str, now: int) -> str:
        """JSON for ``navigator.credentials.get``; names nobody. Spec: Web Authentication Level 2 §5.5"""
        options = {
            "rpId": self._rp_id,
            "challenge": b64.encode(self._challenge("get", b"", browser, now)),
            "timeout": _TIMEOUT_MS,
            "userVerification": "required",
        }
        return msgspec.json.encode(options).decode()

    async def add(self, account: Account, response: str, name: str, *, browser: str, ip: str, now: int) -> bool:
        """Add the passkey ``response`` (JSON of the browser) speaks of. ``False``: it is not good."""
        from webauthn import verify_registration_response  # noqa: PLC0415 - loaded by who has a passkey
        from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - the same

        try:
            challenge = self._check_challenge("create", account.id, response, browser, now)
            verified = verify_registration_response(
                credential=response,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except (_Refused, WebAuthnException, *_UNREADABLE):
            return False
        if not await self._spend(challenge, now):
            return False
        passkey = Passkey(
            id=verified.credential_id,
            account_id=account.id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            name=_fit(name),
            backed_up=verified.credential_backed_up,
            created_at=now,
        )
        if not await self._rows.record(passkey):
            return False
        await self._audit.record(PASSKEY_CHANGED, now=now, account_id=account.id, ip=ip, change="added")
        return True

    async def sign_in(
        self, response: str, *, browser: str, ip: str, now: int
    ) -> tuple[Account, tuple[str, ...]] | None:
        """Whose passkey signed our challenge, and what that is worth (``amr``). ``None``: nobody's."""
        found = await self._verify(response, browser, now)
        if found is None:
            self._audit.note(SIGN_IN_REFUSED, ip=ip, reason="passkey")
            return None
        account, passkey = found
        await self._audit.record(SIGN_IN, now=now, account_id=account.id, ip=ip, method="passkey")
        # A key that is copied between devices is software, wherever it lies (RFC 8176 §2).
        return account, ("swk" if passkey.backed_up else "hwk", "user", "mfa")

    async def list(self, account_id: bytes) -> list[PasskeyView]:
        """The account's, oldest first."""
        return [
            PasskeyView(b64.encode(passkey.id), passkey.name, passkey.created_at, passkey.used_at)
            for passkey in await self._rows.list(account_id)
        ]

    async def rename(self, account_id: bytes, name_in_forms: str, name: str) -> bool:
        """Call it something else. ``False``: the account has no such passkey."""
        credential_id = _credential_id(name_in_forms)
        return bool(_fit(name)) and await self._rows.rename(account_id, credential_id, _fit(name))

    async def remove(self, account_id: bytes, name_in_forms: str, *, ip: str, now: int) -> bool:
        """It opens nothing any more. ``False``: nothing else opens the account, or it has no such passkey."""
        living = (known for known in await self._identities.list(account_id) if known.provider in self._providers)
        if not await self._rows.delete(account_id, _credential_id(name_in_forms), next(living, None)):
            return False
        await self._audit.record(PASSKEY_CHANGED, now=now, account_id=account_id, ip=ip, change="removed")
        return True

    async def _verify(self, response: str, browser: str, now: int) -> tuple[Account, Passkey] | None:
        from webauthn import verify_authentication_response  # noqa: PLC0415 - loaded by who has a passkey
        from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - the same

        try:
            challenge = self._check_challenge("get", b"", response, browser, now)
            passkey = await self._rows.get(_decoded(_text(msgspec.json.decode(response), "id")))
            if passkey is None:
                return None
            verified = verify_authentication_response(
                credential=response,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (_Refused, WebAuthnException, *_UNREADABLE):
            return None
        account = await self._accounts.get(passkey.account_id)
        if account is None or account.disabled_at is not None or not await self._spend(challenge, now):
            return None
        count, backed_up = verified.new_sign_count, verified.credential_backed_up
        return (account, passkey) if await self._rows.use(passkey, count, now, backed_up=backed_up) else None

    def _challenge(self, purpose: str, account_id: bytes, browser: str, now: int) -> bytes:
        nonce, at = secrets.token_bytes(_NONCE_BYTES), now.to_bytes(_AT_BYTES, "big")
        return nonce + at + keyed_digest(self._key, purpose, account_id, browser, nonce, at)

    def _check_challenge(self, purpose: str, account_id: bytes, response: str, browser: str, now: int) -> bytes:
        """The challenge that was signed. Raises ``_Refused`` unless we made it, for this and lately."""
        if len(response) > _RESPONSE_LIMIT_CHARS:
            raise _Refused
        signed = _inside(msgspec.json.decode(response), "response")
        challenge = _decoded(_text(msgspec.json.decode(_decoded(_text(signed, "clientDataJSON"))), "challenge"))
        nonce, at = challenge[:_NONCE_BYTES], challenge[_NONCE_BYTES : _NONCE_BYTES + _AT_BYTES]
        mac = keyed_digest(self._key, purpose, account_id, browser, nonce, at)
        if not equal(challenge[_NONCE_BYTES + _AT_BYTES :], mac):
            raise _Refused
        if not 0 <= now - int.from_bytes(at, "big") <= CHALLENGE_LIFETIME_S:
            raise _Refused
        return challenge

    async def _spend(self, challenge: bytes, now: int) -> bool:
        return await self._spent.record("passkey_challenge", challenge[:_NONCE_BYTES], now + CHALLENGE_LIFETIME_S)


def _fit(name: str) -> str:
    return one_line(name).strip()[:NAME_LIMIT_CHARS]


def _decoded(text: str) -> bytes:
    return b64.decode(text.rstrip("="))


def _credential_id(name_in_forms: str) -> bytes:
    """Nobody's for what cannot be one."""
    try:
        return _decoded(name_in_forms)
    except ValueError:
        return b""


def _inside(document: object, name: str) -> object:
    if not isinstance(document, dict):
        raise _Refused
    return document.get(name)


def _text(document: object, name: str) -> str:
    value = _inside(document, name)
    if not isinstance(value, str):
        raise _Refused
    return value
