"""Claims about people: which scope opens which, and the ``claims`` parameter.

Owns the registered names and the parsing. Leaves the values to ``server.accounts``.

Spec: OpenID Connect Core 1.0 §5.1; OpenID Connect Core 1.0 §5.4; OpenID Connect Core 1.0 §5.5
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from lingpai.oauth.errors import InvalidRequest

SCOPE_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
"""What the standard scopes open. Spec: OpenID Connect Core 1.0 §5.4"""

STANDARD_CLAIMS = tuple(dict.fromkeys(("sub", *(claim for claims in SCOPE_CLAIMS.values() for claim in claims))))

_LIMIT_BYTES = 8192
_LIMIT_CLAIMS = 100


class ClaimRequest(Struct, frozen=True):
    """What is asked of one claim. Empty: just that it is wanted. Spec: OpenID Connect Core 1.0 §5.5.1"""

    essential: bool = False
    values: tuple[str, ...] = ()
    """The values that would do, as text; only strings and numbers are compared."""


class ClaimsRequest(Struct, frozen=True):
    """The ``claims`` parameter. Spec: OpenID Connect Core 1.0 §5.5"""

    userinfo: dict[str, ClaimRequest] = {}
    id_token: dict[str, ClaimRequest] = {}


class _Member(Struct, frozen=True):
    essential: bool = False
    value: str | int | float | bool | None = None
    values: tuple[str | int | float | bool, ...] = ()


class _Document(Struct, frozen=True):
    userinfo: dict[str, _Member | None] | None = None
    id_token: dict[str, _Member | None] | None = None


def parse_claims_request(text: str | None) -> ClaimsRequest:
    """The parameter, or ``InvalidRequest``. Members nobody knows are ignored. Spec: OpenID Connect Core 1.0 §5.5"""
    if text is None:
        return ClaimsRequest()
    if len(text) > _LIMIT_BYTES:
        raise InvalidRequest(f"claims is longer than {_LIMIT_BYTES} characters")
    try:
        document = msgspec.json.decode(text, type=_Document)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("claims is not a JSON object as OpenID Connect describes it") from error
    request = ClaimsRequest(_members(document.userinfo), _members(document.id_token))
    if len(request.userinfo) + len(request.id_token) > _LIMIT_CLAIMS:
        raise InvalidRequest(f"claims asks for more than {_LIMIT_CLAIMS} claims")
    return request


def _members(section: dict[str, _Member | None] | None) -> dict[str, ClaimRequest]:
    return {name: _request(member) for name, member in (section or {}).items()}


def _request(member: _Member | None) -> ClaimRequest:
    if member is None:
        return ClaimRequest()
    values = member.values if member.value is None else (member.value, *member.values)
    return ClaimRequest(member.essential, tuple(str(value) for value in values))
