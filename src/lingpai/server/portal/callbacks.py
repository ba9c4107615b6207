"""Callbacks as a developer types them: may they be registered, and if not, which rule says so. Pure.

Owns names for the problems, each with a sentence in ``templates/callback_words.html``, and advice about what may be
registered but is rarely meant. Leaves the rules to ``oauth.redirect_uri``.

Spec: RFC 6749 §3.1.2; RFC 9700 §2.1
"""

from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.oauth.redirect_uri import InvalidRedirectUri, check_registrable

LIMIT_COUNT = 20

Problem = Literal[
    "empty",
    "relative",
    "fragment",
    "character",
    "http",
    "not_https",
    "scheme",
    "no_host",
    "user_name",
    "host",
    "port",
    "dots",
    "encoded",
    "long",
    "",
]

PROBLEMS: tuple[tuple[str, Problem], ...] = (
    ("is longer", "long"),
    ("must not have a fragment", "fragment"),
    ("has a character", "character"),
    ("must be absolute", "relative"),
    ("has no host", "no_host"),
    ("must be https; http", "http"),
    ("must be https, or a private-use", "scheme"),
    ("must be https", "not_https"),
    ("must not have a user name", "user_name"),
    ("has a malformed", "host"),
    ("has an impossible port", "port"),
    ("has an encoded", "encoded"),
    ("must not have ..", "dots"),
)
"""The beginning of each reason in ``oauth.redirect_uri``; a test holds the two together."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What is to be said about one line. ``problem`` empty: it may be registered."""

    uri: str
    problem: Problem = ""
    suggestion: str = ""
    """What was probably meant."""
    remarks: tuple[Literal["local", "query", "no_path", "upper_case"], ...] = ()


def judge(typed: str, application_type: str) -> Verdict:
    """The verdict about one callback."""
    uri = typed.strip()
    try:
        check_registrable(uri, application_type)
    except InvalidRedirectUri as error:
        problem = _problem(uri, error.reason)
        suggestion = _suggestion(uri, problem)
        return Verdict(
            uri=uri, problem=problem, suggestion=suggestion if _is_good(suggestion, application_type) else ""
        )
    return Verdict(uri=uri, remarks=tuple(_remarks(uri)))


def judge_all(typed: str, application_type: str) -> tuple[Verdict, ...]:
    """One verdict for every line that holds something; what stands there twice counts once."""
    lines = dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip())
    return tuple(judge(line, application_type) for line in list(lines)[: LIMIT_COUNT + 1])


def _problem(uri: str, reason: str) -> Problem:
    if not uri:
        return "empty"
    return next((name for beginning, name in PROBLEMS if reason.startswith(beginning)), "character")


def _suggestion(uri: str, problem: Problem) -> str:
    match problem:
        case "fragment":
            return uri.partition("#")[0]
        case "http":
            return "https" + uri[uri.index(":") :]
        case "relative" if "." in uri.partition("/")[0]:
            return f"https://{uri}"
        case _:
            return ""


def _is_good(uri: str, application_type: str) -> bool:
    try:
        check_registrable(uri, application_type)
    except InvalidRedirectUri:
        return False
    return True


def _remarks(uri: str) -> list[Literal["local", "query", "no_path", "upper_case"]]:
    remarks: list[Literal["local", "query", "no_path", "upper_case"]] = []
    parts = urlsplit(uri)
    if parts.scheme == "http":
        remarks.append("local")
    if parts.query:
        remarks.append("query")
    if parts.netloc and not parts.path:
        remarks.append("no_path")
    if parts.netloc != parts.netloc.lower():
        remarks.append("upper_case")
    return remarks
