"""Apple: the secret is a statement we sign, the answer is posted, the name comes once and unproven.

Documented: endpoints, the signed secret, the form. None of it was tried with real credentials. The callback is a form
posted from Apple's site: a session cookie with ``SameSite=Lax`` does not come with it, so keep the ``PendingSignIn``
under a cookie with ``SameSite=None; Secure``. Not verified: PKCE.
"""

import json
from functools import partial

import msgspec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from lingpai.client.platforms.platform import Application, Authorization, OpenId, Person, Platform
from lingpai.client.platforms.presets import openid
from lingpai.crypto.jws import Signer
from lingpai.oauth.params import Params

_AUDIENCE = "https://appleid.apple.com"
_SECRET_LIFETIME_S = 600


def platform(app: Application, *, team_id: str, key_id: str) -> Platform:
    """``client_id`` is the Services ID, ``client_secret`` the text of the ``.p8`` file with the key ``key_id``."""
    signer = Signer("ES256", key_id, _private_der(app.client_secret))
    issuer = app.base_url or _AUDIENCE
    return Platform(
        name="apple",
        title="Apple",
        title_zh="Apple",
        issuer=issuer,
        client_id=app.client_id,
        make_secret=partial(_client_secret, signer, team_id, app.client_id),
        authorization=Authorization(
            default_scope="openid name email",
            # Apple gives name and email to no other.
            extra=(("response_mode", "form_post"),),
            denials=("access_denied", "user_cancelled_authorize"),
            read_callback=_read_name,
        ),
        token=openid.TOKEN,
        refresh=openid.REFRESH,
        person=Person(subject=("sub",), email_verified=("email_verified",)),
        openid=OpenId(provider=issuer, auth_method="client_secret_post"),
    )


def _client_secret(signer: Signer, team_id: str, client_id: str, now: int) -> str:
    claims = {"iss": team_id, "iat": now, "exp": now + _SECRET_LIFETIME_S, "aud": _AUDIENCE, "sub": client_id}
    return signer.sign("JWT", msgspec.json.encode(claims))


def _private_der(pem: str) -> bytes:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("client_secret is not the text of a .p8 file") from None
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _read_name(params: Params) -> dict[str, object]:
    """The name a person typed in at their first sign-in. Never the address beside it: any browser could send it."""
    try:
        user = json.loads(params.get("user") or "{}")
    except (ValueError, RecursionError):
        return {}
    name = user.get("name") if isinstance(user, dict) else None
    if not isinstance(name, dict):
        return {}
    parts = [part for part in (name.get("firstName"), name.get("lastName")) if isinstance(part, str) and part]
    return {"name": " ".join(parts)} if parts else {}
