"""What an account is called and what is told about it.

Owns the canonical form of a username, ``sub``, and which of an account's claims a set of permissions opens. Leaves the
rows to ``storage.accounts`` and the wire to the UserInfo endpoint.
"""

import unicodedata
from collections.abc import Iterable

from lingpai.server.storage.records import Account, ScopeDefinition

_USERNAME_LIMIT = 128

# What a token says about itself. An account's free claims must never be able to say it instead.
_PROTOCOL_CLAIMS = frozenset(
    (
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "typ",
        "sid",
        "azp",
        "acr",
        "amr",
        "auth_time",
        "nonce",
        "at_hash",
    )
) | {"c_hash", "s_hash", "cnf", "act", "scope", "client_id", "active", "events"}


def canonical_username(text: str) -> str:
    """The one spelling under which a username is stored, looked up and throttled.

    Letter case, full-width letters, composed or decomposed accents and stray spaces make no second name (Unicode §3.13,
    compatibility caseless matching): that would be a second counter for guesses and a look-alike. Raises ``ValueError``
    when nothing is left, for more than 128 characters, and for control, invisible or unassigned characters.

    Spec: RFC 8265 §3.3
    """
    if len(text) > _USERNAME_LIMIT:
        raise ValueError(f"a username has at most {_USERNAME_LIMIT} characters")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold()).casefold()
    name = unicodedata.normalize("NFKC", folded).strip()
    if any(unicodedata.category(char) in _INVISIBLE for char in name):
        raise ValueError("a username has no control, invisible or unassigned characters")
    name = " ".join(name.split())
    if not name:
        raise ValueError("a username must not be empty")
    if len(name) > _USERNAME_LIMIT:
        raise ValueError(f"a username has at most {_USERNAME_LIMIT} characters")
    return name


# Unassigned ones too: a later Unicode version may fold them, and the name would stop being canonical.
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def subject(account: Account) -> str:
    """``sub``: never reassigned, says nothing about the person. Spec: OpenID Connect Core 1.0 §2"""
    return account.id.hex()


def userinfo_claims(
    account: Account, scopes: Iterable[ScopeDefinition], asked: Iterable[str] = ()
) -> dict[str, object]:
    """The claims the permissions in ``scopes`` open and those ``asked`` for by name, as far as the account has them.

    ``sub`` is the caller's to add: it depends on the client.

    Spec: OpenID Connect Core 1.0 §5.1; OpenID Connect Core 1.0 §5.3.2
    """
    return claims_by_name(account, {*asked, *(name for definition in scopes for name in definition.claims)})


def claims_by_name(account: Account, names: Iterable[str]) -> dict[str, object]:
    """Those of the claims named that the account has. Protocol claims cannot be among them."""
    known = {name: value for name, value in account.claims.items() if name not in _PROTOCOL_CLAIMS}
    known |= {name: value for name, value in _own_claims(account).items() if value not in ("", None)}
    return {name: known[name] for name in sorted(set(names) & known.keys())}


def _own_claims(account: Account) -> dict[str, object]:
    return {
        # Who registered with an address signs in with it; it is for applications that were given the address only.
        "preferred_username": None if "@" in account.username else account.username,
        "name": account.name,
        "picture": account.picture,
        "email": account.email,
        # Absent together with the address, and always a boolean: clients took the text "false" for true.
        "email_verified": bool(account.email_verified) if account.email else None,
        "locale": account.locale.replace("_", "-"),
        "updated_at": account.updated_at or None,
    }
