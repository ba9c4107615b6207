"""What the values of an apply file may be, entry by entry, and whether the names they mention exist.

Owns: the rules of registration that need no database, and the references between entries and what is stored. Leaves:
fields and types to ``document``; the grammar of redirect URIs and scopes to ``oauth``.

Spec: RFC 7591 §2
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from lingpai.cli.apply.check_keys import check_client_keys, check_issuer_keys, check_signing_algs
from lingpai.cli.apply.document import (
    ACCOUNTS,
    CLIENTS,
    RESOURCES,
    SCOPES,
    TRUSTED_ISSUERS,
    Document,
    Entry,
    Refuse,
    Values,
    did_you_mean,
)
from lingpai.dialects import qq, standard
from lingpai.i18n import LOCALES
from lingpai.oauth import names
from lingpai.oauth.errors import InvalidScope
from lingpai.oauth.redirect_uri import InvalidRedirectUri, check_registrable
from lingpai.oauth.scope import Scope, parse_scope, scope_of
from lingpai.server.accounts.account import canonical_username
from lingpai.server.administration.catalog import LIFETIME_LIMIT_S, is_resource
from lingpai.server.authorization.qq import APPID
from lingpai.server.policy import GRANT_TYPE_RULES, LEGACY_RESPONSE_TYPES, RESPONSE_TYPES
from lingpai.server.storage.records import GRANT_LIFETIMES
from lingpai.server.tokens.keyring import SIGNING_ALGS

DIALECTS = (standard.NAME, qq.NAME)
PASSWORD_LIMIT_CHARS = (8, 256)
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,128}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the reading direction: a name must read as what it is."""
_OWN_CLAIMS = frozenset({"sub", "name", "picture", "email", "email_verified", "locale", "preferred_username"})


class Known(Struct, frozen=True):
    """What a file may refer to: the names in the database, and the algorithms there are keys for."""

    scopes: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    client_ids: frozenset[str] = frozenset()
    signing_algs: tuple[str, ...] = SIGNING_ALGS


def check_document(document: Document, known: Known) -> list[str]:
    """Note every broken rule in ``document.problems``; returns warnings, which stop nothing."""
    warnings: list[str] = []
    for entry in document.entries:
        check_entry(entry, _refuse_in(document, entry))
        check_signing_algs(entry.values, known.signing_algs, _refuse_in(document, entry))
    _check_references(document, known)
    for entry in document.of(SCOPES):
        missing = [locale for locale in LOCALES if locale not in entry.values["descriptions"]]
        if missing and len(missing) < len(LOCALES):
            warnings.append(f"scopes[{entry.index}] {entry.key}: no description in {', '.join(missing)}")
    return warnings


def check_entry(entry: Entry, refuse: Refuse) -> None:
    """Call ``refuse(message, *path)`` for every rule the entry breaks by itself."""
    _CHECKS[entry.kind.table](entry.values, refuse)


def _refuse_in(document: Document, entry: Entry) -> Refuse:
    def refuse(message: str, *path: str | int) -> None:
        document.refuse((entry.kind.table, entry.index, *path), message)

    return refuse


def _check_client(client: Values, refuse: Refuse) -> None:
    if not _CLIENT_ID.fullmatch(client["client_id"]):
        refuse("must be 1 to 128 visible ASCII characters", "client_id")
    _check_name(client["client_name"], refuse, "client_name")
    _check_redirect_uris(client, refuse)
    _check_grant_types(client, refuse)
    _check_client_scope(client, refuse)
    check_client_keys(client, refuse)
    for name in ("client_uri", "logo_uri", "policy_uri", "tos_uri"):
        _check_web_address(client.get(name, ""), refuse, name)
    _check_lifetimes(client, refuse)
    _check_dialects(client, refuse)


def _check_dialects(client: Values, refuse: Refuse) -> None:
    dialects = client.get("dialects", ())
    for index, dialect in enumerate(dialects):
        if dialect not in DIALECTS:
            refuse(f"there is no such dialect{did_you_mean(dialect, list(DIALECTS))}", "dialects", index)
    if qq.NAME in dialects and not APPID.fullmatch(client["client_id"]):
        refuse("must be a number of 5 to 20 digits: what QQ Connect calls appid", "client_id")
    if client.get("developer"):
        _check_name(client["developer"], refuse, "developer")


def _check_redirect_uris(client: Values, refuse: Refuse) -> None:
    uris = client.get("redirect_uris", ())
    for index, uri in enumerate(uris):
        try:
            check_registrable(uri, client.get("application_type", "web"))
        except InvalidRedirectUri as error:
            refuse(error.reason, "redirect_uris", index)
        if uri in uris[:index]:
            refuse("is in the list already", "redirect_uris", index)


def _check_grant_types(client: Values, refuse: Refuse) -> None:
    legacy = client.get("legacy", False)
    public = client.get("token_endpoint_auth_method") == names.AUTH_METHOD_NONE
    grant_types = client.get("grant_types", (names.AUTHORIZATION_CODE, names.REFRESH_TOKEN))
    for index, grant_type in enumerate(grant_types):
        rule = GRANT_TYPE_RULES.get(grant_type)
        if rule is None:
            refuse(f"there is no such grant type{did_you_mean(grant_type, [*GRANT_TYPE_RULES])}", "grant_types", index)
        elif rule.legacy and not legacy:
            refuse(f"{grant_type} is unsafe (RFC 9700); it needs legacy = true", "grant_types", index)
        elif rule.confidential and public:
            refuse(f"{grant_type} is for clients that authenticate", "grant_types", index)
    for index, response_type in enumerate(client.get("response_types", ())):
        if response_type not in RESPONSE_TYPES:
            refuse(
                f"there is no such response type{did_you_mean(response_type, [*RESPONSE_TYPES])}",
                "response_types",
                index,
            )
        elif response_type in LEGACY_RESPONSE_TYPES and not legacy:
            refuse(f"{response_type} is unsafe (RFC 9700); it needs legacy = true", "response_types", index)
    if {names.AUTHORIZATION_CODE, names.IMPLICIT} & set(grant_types) and not client.get("redirect_uris"):
        refuse("redirect_uris is missing: where is the person sent back to?")


def _check_client_scope(client: Values, refuse: Refuse) -> None:
    scope = _scope_in(client, "scope", refuse)
    required = _scope_in(client, "required_scope", refuse)
    if scope is not None and required is not None and not required <= scope:
        refuse(f"{required - scope} is not in scope", "required_scope")


def _scope_in(client: Values, name: str, refuse: Refuse) -> Scope | None:
    try:
        return parse_scope(client.get(name, ""))
    except InvalidScope as error:
        refuse(error.description, name)
        return None


def _check_lifetimes(client: Values, refuse: Refuse) -> None:
    choices = client.get("grant_lifetimes", GRANT_LIFETIMES)
    default = client.get("default_grant_lifetime", "30d")
    if not choices or len(set(choices)) < len(choices):
        refuse("must list at least one choice, each once", "grant_lifetimes")
    elif default not in choices:
        refuse(f"must be one of grant_lifetimes ({', '.join(choices)}), not {default}", "default_grant_lifetime")
    for name in ("access_token_lifetime_s", "refresh_token_lifetime_s"):
        _check_lifetime(client.get(name), refuse, name)


def _check_account(account: Values, refuse: Refuse) -> None:
    try:
        canonical_username(account["username"])
    except ValueError as error:
        refuse(str(error), "username")
    password, password_hash = account.get("password"), account.get("password_hash")
    low, high = PASSWORD_LIMIT_CHARS
    if password is not None and password_hash is not None:
        refuse("give password or password_hash, not both", "password_hash")
    if password is not None and not low <= len(password) <= high:
        refuse(f"must have {low} to {high} characters", "password")
    if password_hash is not None and not password_hash.startswith("$argon2id$"):
        refuse("must be an argon2id hash: $argon2id$…", "password_hash")
    if account.get("name"):
        _check_name(account["name"], refuse, "name")
    _check_web_address(account.get("picture", ""), refuse, "picture")
    email = account.get("email", "")
    if email and (_CONTROL.search(email) or not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(email) > 254):
        refuse("must be an address such as zhangsan@example.com", "email")
    if account.get("locale") and not _LOCALE.fullmatch(account["locale"]):
        refuse("must be a language tag such as zh-CN", "locale")
    for claim in sorted(_OWN_CLAIMS & account.get("claims", {}).keys()):
        refuse("has its own place: beside claims, not in it", "claims", claim)


def _check_scope(scope: Values, refuse: Refuse) -> None:
    try:
        single = scope_of([scope["name"]])
    except InvalidScope:
        single = Scope()
    if not single or len(scope["name"]) > 100:
        refuse("must be 1 to 100 ASCII characters without space, quote and backslash (RFC 6749 §3.3)", "name")
    if not scope["descriptions"]:
        refuse(f"what do people read beside the checkbox, in {' and '.join(LOCALES)}?", "descriptions")
    for locale, description in scope["descriptions"].items():
        if locale not in LOCALES:
            refuse(f"there is no such language{did_you_mean(locale, list(LOCALES))}", "descriptions", locale)
        elif not description.strip() or len(description) > 300 or _CONTROL.search(description):
            refuse("must be 1 to 300 characters of one line", "descriptions", locale)


def _check_resource(resource: Values, refuse: Refuse) -> None:
    if not is_resource(resource["resource"]):
        refuse("must be an absolute URI without fragment, such as https://photos.example.com (RFC 8707 §2)", "resource")
    if resource.get("name"):
        _check_name(resource["name"], refuse, "name")
    _check_lifetime(resource.get("access_token_lifetime_s"), refuse, "access_token_lifetime_s")


def _check_trusted_issuer(issuer: Values, refuse: Refuse) -> None:
    if not re.fullmatch(r"[\x21-\x7e]{1,500}", issuer["issuer"]):
        refuse("must be the iss of its assertions: 1 to 500 visible ASCII characters", "issuer")
    check_issuer_keys(issuer, refuse)
    _scope_in(issuer, "scope", refuse)


_CHECKS: Mapping[str, Callable[[Values, Refuse], None]] = {
    CLIENTS.table: _check_client,
    ACCOUNTS.table: _check_account,
    SCOPES.table: _check_scope,
    RESOURCES.table: _check_resource,
    TRUSTED_ISSUERS.table: _check_trusted_issuer,
}


def _check_references(document: Document, known: Known) -> None:
    scopes = known.scopes | {entry.key for entry in document.of(SCOPES)}
    resources = known.resources | {entry.key for entry in document.of(RESOURCES)}
    client_ids = known.client_ids | {entry.key for entry in document.of(CLIENTS)}
    for entry in (*document.of(CLIENTS), *document.of(TRUSTED_ISSUERS)):
        for name in _names_in(entry.values.get("scope", "")):
            _check_known(_refuse_in(document, entry), "scope", name, scopes, "scope")
    for entry in document.of(CLIENTS):
        for index, resource in enumerate(entry.values.get("resources", ())):
            _check_known(_refuse_in(document, entry), "resource server", resource, resources, "resources", index)
        for index, client_id in enumerate(entry.values.get("may_act", ())):
            _check_known(_refuse_in(document, entry), "client", client_id, client_ids, "may_act", index)
    for entry in document.of(SCOPES):
        if (resource := entry.values.get("resource")) is not None:
            _check_known(_refuse_in(document, entry), "resource server", resource, resources, "resource")
    for entry in (*document.of(RESOURCES), *document.of(TRUSTED_ISSUERS)):
        for index, client_id in enumerate(entry.values.get("client_ids", ())):
            _check_known(_refuse_in(document, entry), "client", client_id, client_ids, "client_ids", index)


def _check_known(refuse: Refuse, noun: str, name: str, known: Collection[str], *path: str | int) -> None:
    if name not in known:
        refuse(f"there is no {noun} {name}{did_you_mean(name, sorted(known)) if known else ''}", *path)


def _names_in(scope: str) -> Iterable[str]:
    try:
        return parse_scope(scope)
    except InvalidScope:  # said before, at its own rule
        return ()


def _check_name(name: str, refuse: Refuse, field: str) -> None:
    if not name.strip() or len(name) > 100 or _CONTROL.search(name):
        refuse("must be 1 to 100 characters of one line", field)


def _check_lifetime(lifetime_s: int | None, refuse: Refuse, field: str) -> None:
    low, high = LIFETIME_LIMIT_S
    if lifetime_s is not None and not low <= lifetime_s <= high:
        refuse("must be from 10 seconds to two years", field)


def _check_web_address(address: str, refuse: Refuse, field: str) -> None:
    if not address:
        return
    try:
        parts = urlsplit(address)
    except ValueError:
        refuse("must be an http or https address", field)
        return
    # `javascript:` here would become a link on our consent page.
    if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch(r"[\x21-\x7e]{1,2048}", address):
        refuse("must be an http or https address", field)
