"""What templates are given: applications, people and permissions as they are shown, and nothing else of the records.

Owns: which parts of a record reach a page and in what safe form. Everything here was typed by somebody else: addresses
that are not plain http or https are dropped, so no ``javascript:`` becomes a link and no odd character reaches a
Content-Security-Policy. Leaves: escaping to the templates' autoescape.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from lingpai.server.storage.records import Account, Client, ScopeDefinition

_WEB_ADDRESS = re.compile(r"(https?://([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}))(?::\d{1,5})?)(?:[/?#][\x21-\x7e]*)?\Z")

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,100}\Z")


class ApplicationView(Struct, frozen=True, kw_only=True):
    """A client as people see it. Empty text: not given, or not fit to be shown."""

    name: str
    initial: str
    site: str = ""
    """Host of ``uri``, for reading."""
    uri: str = ""
    logo: str = ""
    tos_uri: str = ""
    policy_uri: str = ""


class PersonView(Struct, frozen=True, kw_only=True):
    """An account as its owner sees it."""

    name: str
    username: str
    initial: str
    picture: str = ""


class PermissionView(Struct, frozen=True, kw_only=True):
    """A scope in the reader's words. ``since``: when it was given (epoch seconds), 0 where it was not."""

    name: str
    description: str
    required: bool = False
    ticked: bool = False
    since: int = 0


def application_view(client: Client) -> ApplicationView:
    """How ``client`` is shown."""
    name = client.client_name or client.client_id
    uri = web_address(client.client_uri)
    return ApplicationView(
        name=name,
        initial=initial(name),
        site=uri.split("/")[2] if uri else "",
        uri=uri,
        logo=web_address(client.logo_uri),
        tos_uri=web_address(client.tos_uri),
        policy_uri=web_address(client.policy_uri),
    )


def person_view(account: Account) -> PersonView:
    """How ``account`` is shown."""
    name = account.name or account.username
    return PersonView(name=name, username=account.username, initial=initial(name), picture=web_address(account.picture))


def permission_words(name: str, definitions: Mapping[str, ScopeDefinition], locale: str) -> str:
    """The description of a scope in ``locale``, else in any language there is, else its name."""
    definition = definitions.get(name)
    descriptions = definition.descriptions if definition else {}
    return descriptions.get(locale) or next(filter(None, descriptions.values()), name)


def web_address(text: str) -> str:
    """``text`` if it is an http or https address without anything unusual in it, else an empty text."""
    return text if _WEB_ADDRESS.match(text) else ""


def image_sources(*addresses: str) -> tuple[str, ...]:
    """The origins of the images a page shows, for its ``img-src``."""
    matches = map(_WEB_ADDRESS.match, addresses)
    return tuple(dict.fromkeys(match[1] for match in matches if match))


def form_action_sources(redirect_uri: str) -> tuple[str, ...]:
    """What ``form-action`` must allow besides ``'self'`` where a form may end in a redirect to ``redirect_uri``.

    Chromium applies the directive to every redirect that follows a submission, those of the client included: a callback
    that leads on to another origin (identity brokers do) would be blocked if only the origin of ``redirect_uri`` were
    allowed. So its scheme is.

    Spec: CSP Level 3 §6.4.1
    """
    scheme = redirect_uri.partition(":")[0].lower()
    if scheme in ("http", "https"):
        return ("https:",) if scheme == "https" else ("http:", "https:")
    return (f"{scheme}:",) if _SCHEME.match(scheme) else ()


def initial(name: str) -> str:
    """The first letter or digit, for a picture that is missing."""
    return next((letter for letter in name if letter.isalnum()), "?")
