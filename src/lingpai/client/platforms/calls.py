"""A ``Call`` with its facts, as a request; and its refusal, without them. Pure.

Owns: which fact travels how, and that none of the secret ones comes back in an exception.
"""

from collections.abc import Mapping

import msgspec

from lingpai.client.errors import EndpointError
from lingpai.client.http_request import HttpRequest
from lingpai.client.platforms.platform import Call, Pairs
from lingpai.dialects.base import RemoteError
from lingpai.oauth.params import encode_params

_PUBLIC_FACTS = frozenset({"client_id", "redirect_uri"})
_SHORTEST_SECRET_CHARS = 4


def params_of(call: Call, facts: Mapping[str, str]) -> Pairs:
    """The call's parameters; a fact we do not have is left out."""
    return (*call.fixed, *((name, facts[fact]) for name, fact in call.params if facts.get(fact)))


def request_of(call: Call, endpoint: str, facts: Mapping[str, str], *, now: int) -> HttpRequest:
    """The request that asks ``endpoint`` this."""
    pairs = params_of(call, facts)
    if call.sign is not None:
        pairs = call.sign(pairs, now)
    headers = [
        ("Accept", "application/json"),
        *((name, f"{prefix}{facts[fact]}") for name, prefix, fact in call.headers),
    ]
    match call.carrier:
        case "query":
            border = "&" if "?" in endpoint else "?"
            return HttpRequest(
                call.method, f"{endpoint}{border}{encode_params(pairs)}" if pairs else endpoint, tuple(headers)
            )
        case "form":
            headers.append(("Content-Type", "application/x-www-form-urlencoded;charset=utf-8"))
            return HttpRequest(call.method, endpoint, tuple(headers), encode_params(pairs).encode())
        case "json":
            headers.append(("Content-Type", "application/json; charset=utf-8"))
            return HttpRequest(call.method, endpoint, tuple(headers), msgspec.json.encode(dict(pairs)))


def refusal(kind: type[EndpointError], error: RemoteError, facts: Mapping[str, str]) -> EndpointError:
    """The exception for a refusal; a platform that repeats what we sent does not make us log it."""
    code, description = error.code, error.description
    secrets = [value for name, value in facts.items() if name not in _PUBLIC_FACTS]
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET_CHARS:
            code, description = code.replace(secret, "…"), description.replace(secret, "…")
    return kind(code, description, status=error.status)
