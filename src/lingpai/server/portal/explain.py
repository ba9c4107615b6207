"""Why a request was refused: the rule, what was sent beside what is registered, what to change. Pure.

Compares with what is registered now, so that somebody who has just mended it reads that it would work. Owns which rule
a refusal is about; leaves sentences to ``templates/portal/refusal.html``.

Spec: RFC 6749 §4.1.2.1; RFC 6749 §5.2
"""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from lingpai.oauth.redirect_uri import matches
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
        works_now=matches(client.redirect_uris, sent, client.application_type),
    )


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
    "credentials": _method,
    "method": _method,
}
