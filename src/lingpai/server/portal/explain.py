"""Why a request was refused: the rule, what was sent beside what is registered, what to change. Pure.

Compares with what is registered now, so that somebody who has just mended it reads that it would work. Owns which rule
a refusal is about; leaves sentences to ``templates/portal/refusal.html``.

Spec: RFC 6749 §4.1.2.1; RFC 6749 §5.2
"""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from lingpai.dialects import qq_errors
from lingpai.dialects.qq_authorize import RESERVED
from lingpai.oauth.redirect_uri import matches, matches_host_and_path
from lingpai.server.portal.difference import Part, closest, difference
from lingpai.server.portal.trials import ON_TRIAL
from lingpai.server.storage.portal_records import Application, Refusal
from lingpai.server.storage.records import Client

Rule = Literal[
    "redirect_uri",
    "redirect_uri_missing",
    "request_uri",
    "malformed",
    "scope",
    "grant_type",
    "response_type",
    "credentials",
    "method",
    "grant",
    "verifier",
    "resource",
    "trial",
    "disabled",
    "missing",
    "token",
    "not_granted",
    "not_allowed",
    "dialect",
    "other",
]

Hint = Literal["slash", "scheme", "case", "port", "www", "path", "query", "encoded", "unregistered", "waiting", ""]


class Comparison(Struct, frozen=True, kw_only=True):
    """One parameter: sent and registered, in pieces where they are alike."""

    name: str
    sent: tuple[Part, ...]
    registered: tuple[Part, ...] = ()
    others: tuple[str, ...] = ()
    """What else is registered."""


class Explanation(Struct, frozen=True, kw_only=True):
    """What the page says."""

    rule: Rule
    comparison: Comparison | None = None
    hint: Hint = ""
    works_now: bool = False
    """What is registered has changed since: the same request would pass this rule."""


def explain(refusal: Refusal, client: Client, application: Application) -> Explanation:
    """The explanation."""
    rule = rule_of(refusal)
    work = _COMPARE.get(rule)
    return Explanation(rule=rule) if work is None else work(refusal, client, application)


def rule_of(refusal: Refusal) -> Rule:
    """Which rule it is about."""
    code, description = refusal.code, refusal.description
    if code.lstrip("-").isdecimal():
        return _rule_of_number(int(code), refusal)
    if description == ON_TRIAL:
        return "trial"
    if "is disabled" in description:
        return "disabled"
    if code == "invalid_client":
        return "method" if "is registered for" in description else "credentials"
    if code == "unauthorized_client":
        return "response_type" if "response_type" in description else "grant_type"
    if code == "invalid_grant":
        return "verifier" if "code_verifier" in description else "grant"
    return _RULES.get(code, "other")


_RULES: Mapping[str, Rule] = {
    "redirect_uri_mismatch": "redirect_uri",
    "redirect_uri_missing": "redirect_uri_missing",
    "client_unknown": "disabled",
    "request_uri_dead": "request_uri",
    "malformed": "malformed",
    "invalid_scope": "scope",
    "invalid_target": "resource",
    "unsupported_grant_type": "grant_type",
    "unsupported_response_type": "response_type",
}


# The numbers of QQ Connect: of its OAuth endpoints, and, small or below zero, of its APIs.
_RULES_OF_NUMBERS: Mapping[int, Rule] = {
    qq_errors.RESPONSE_TYPE_WRONG: "response_type",
    qq_errors.CLIENT_SECRET_MISSING: "credentials",
    qq_errors.GRANT_TYPE_WRONG: "grant_type",
    qq_errors.CODE_MISSING: "missing",
    qq_errors.REFRESH_TOKEN_MISSING: "missing",
    qq_errors.ACCESS_TOKEN_MISSING: "missing",
    qq_errors.CLIENT_UNKNOWN: "disabled",
    qq_errors.CLIENT_SECRET_WRONG: "credentials",
    qq_errors.CLIENT_OFFLINE: "dialect",
    qq_errors.ACCESS_TOKEN_WRONG: "token",
    qq_errors.ACCESS_TOKEN_EXPIRED: "token",
    qq_errors.ACCESS_TOKEN_REVOKED: "token",
    qq_errors.ACCESS_TOKEN_CHECK_FAILED: "token",
    qq_errors.CODE_WRONG: "grant",
    qq_errors.CODE_REUSED: "grant",
    qq_errors.REFRESH_TOKEN_WRONG: "grant",
    qq_errors.NOT_GRANTED_BY_USER: "not_granted",
    qq_errors.NOT_ALLOWED_FOR_CLIENT: "not_allowed",
    qq_errors.RET_CLIENT_MAY_NOT: "not_allowed",
    qq_errors.RET_PARAMETER_INVALID: "missing",
    qq_errors.RET_TOKEN_REVOKED: "token",
    qq_errors.RET_TOKEN_INVALID: "token",
    qq_errors.RET_OPENID_INVALID: "token",
}


def _rule_of_number(number: int, refusal: Refusal) -> Rule:
    if number == qq_errors.REDIRECT_URI_WRONG:
        # Where a code is redeemed, it is compared with the request for that code and not with what is registered.
        return "grant" if "grant_type" in refusal.sent else "redirect_uri"
    if number == qq_errors.NOT_ALLOWED_FOR_CLIENT and "response_type" in refusal.description:
        return "response_type"
    if number == qq_errors.NOT_ALLOWED_FOR_CLIENT and "grant_type" in refusal.description:
        return "grant_type"
    return _RULES_OF_NUMBERS.get(number, "other")


def _redirect_uri(refusal: Refusal, client: Client, _application: Application) -> Explanation:
    sent = refusal.sent.get("redirect_uri", "")
    nearest = closest(sent, client.redirect_uris)
    others = tuple(uri for uri in client.redirect_uris if uri != nearest)
    if nearest is None:
        only = Comparison(name="redirect_uri", sent=(Part(sent, same=False),))
        return Explanation(rule="redirect_uri", comparison=only, hint="unregistered")
    left, right = difference(sent, nearest)
    return Explanation(
        rule="redirect_uri",
        comparison=Comparison(name="redirect_uri", sent=left, registered=right, others=others),
        hint=_hint(sent, nearest),
        works_now=_matches(refusal, client, sent),
    )


def _matches(refusal: Refusal, client: Client, sent: str) -> bool:
    if refusal.code == str(qq_errors.REDIRECT_URI_WRONG):
        return matches_host_and_path(client.redirect_uris, sent, reserved=RESERVED)
    return matches(client.redirect_uris, sent, client.application_type)


def _hint(sent: str, registered: str) -> Hint:
    """What kind of difference it is, if it is one everybody makes once."""
    checks: tuple[tuple[Hint, Callable[[str], str]], ...] = (
        ("slash", lambda uri: uri.rstrip("/")),
        ("scheme", lambda uri: uri.partition(":")[2]),
        ("case", str.lower),
        ("www", lambda uri: uri.replace("://www.", "://")),
        ("query", lambda uri: uri.partition("?")[0]),
        ("port", _without_port),
        ("path", lambda uri: "/".join(uri.split("/")[:3])),
    )
    if "%" in sent and "%" not in registered:
        return "encoded"
    return next((hint for hint, reduced in checks if reduced(sent) == reduced(registered)), "unregistered")


def _without_port(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    return scheme + host.rpartition(":")[0] + slash + path if ":" in host else scheme + host + slash + path


def _scope(refusal: Refusal, client: Client, application: Application) -> Explanation:
    """Which of the permissions asked for the application has."""
    registered = client.scope.split()
    asked = refusal.sent.get("scope", "").split()
    pieces = tuple(Part(name, same=name in registered) for name in asked)
    beyond = [name for name in asked if name not in registered]
    waits = any(name in application.permissions for name in beyond)
    return Explanation(
        rule="scope",
        comparison=Comparison(
            name="scope", sent=pieces, registered=tuple(Part(name, same=name in asked) for name in registered)
        ),
        hint="waiting" if waits else "unregistered",
        works_now=bool(asked) and not beyond,
    )


def _words(name: str, rule: Rule, registered: Callable[[Client], tuple[str, ...]]) -> Callable[..., Explanation]:
    """A parameter that must be one of some words."""

    def compare(refusal: Refusal, client: Client, _application: Application) -> Explanation:
        sent, known = refusal.sent.get(name, ""), registered(client)
        return Explanation(
            rule=rule,
            comparison=Comparison(
                name=name,
                sent=(Part(sent, same=sent in known),) if sent else (),
                registered=tuple(Part(word, same=word == sent) for word in known),
            ),
            works_now=sent in known,
        )

    return compare


def _method(refusal: Refusal, client: Client, _application: Application) -> Explanation:
    registered = client.token_endpoint_auth_method
    sent = refusal.method or "none"
    return Explanation(
        rule="credentials" if sent == registered else rule_of(refusal),
        comparison=Comparison(
            name="token_endpoint_auth_method",
            sent=(Part(sent, same=sent == registered),),
            registered=(Part(registered, same=sent == registered),),
        ),
    )


_COMPARE: Mapping[Rule, Callable[[Refusal, Client, Application], Explanation]] = {
    "redirect_uri": _redirect_uri,
    "scope": _scope,
    "grant_type": _words("grant_type", "grant_type", lambda client: client.grant_types),
    "response_type": _words("response_type", "response_type", lambda client: client.response_types),
    "resource": _words("resource", "resource", lambda client: client.resources),
    "not_allowed": _scope,
    "credentials": _method,
    "method": _method,
}
