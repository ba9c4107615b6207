"""What an entry would make of the stored record, and how the two differ. Pure.

Owns: what an unsaid field means. Clients, permissions and resource servers are as the file says, unsaid fields at their
defaults; an account belongs to a person, so what the file does not say stays as it is. Secrets, passwords and being
disabled stay unless said: a new run of an old file must not undo an emergency. Leaves: secrets to ``cli.secrets``.
"""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lingpai.cli.apply.document import Entry, Kind, Record
from lingpai.oauth.scope import parse_scope
from lingpai.server.accounts.account import canonical_username
from lingpai.server.storage.records import Account, Client, ClientSecret

_SILENT = frozenset({"id", "created_at", "updated_at"})
_SECRET = frozenset({"client_secrets", "password_hash", "registration_token_digest"})


class FieldDifference(Struct, frozen=True):
    """One field before and after, as text that may be shown: a secret is only said to differ."""

    name: str
    before: str
    after: str


class Difference(Struct, frozen=True):
    """An entry against what is stored."""

    kind: Kind
    key: str
    before: Record | None
    after: Record
    fields: tuple[FieldDifference, ...]

    @property
    def status(self) -> str:
        """``added``, ``changed`` or ``unchanged``."""
        if self.before is None:
            return "added"
        return "changed" if self.fields else "unchanged"


def compare(kind: Kind, key: str, before: Record | None, after: Record) -> Difference:
    """Every field in which the two differ; for a new record every field that is not at its default."""
    found = []
    for field in msgspec.structs.fields(after):
        default = field.default_factory() if callable(field.default_factory) else field.default
        old = getattr(before, field.name) if before is not None else default
        new = getattr(after, field.name)
        if field.name not in _SILENT and old != new:
            found.append(_field_difference(field.name, old, new, is_new=before is None))
    return Difference(kind, key, before, after, tuple(found))


def client_after(
    entry: Entry, stored: Client | None, secrets: tuple[ClientSecret, ...], now: int, *, id_token_alg: str
) -> Client:
    """The client as the file wants it, with ``secrets`` as settled before. ``id_token_alg``: unless it says another.

    One that registered itself is the operator's from then on: its registration access token works no more.
    """
    values = {"id_token_signed_response_alg": id_token_alg} | _without(entry, "client_secret", "disabled")
    for name in ("scope", "required_scope"):
        if name in values:
            values[name] = str(parse_scope(values[name]))
    after = Client(
        **values,
        client_secrets=secrets,
        created_at=stored.created_at if stored else now,
        updated_at=stored.updated_at if stored else now,
        disabled_at=_disabled_at(entry, stored, now),
    )
    return after if after == stored else replace(after, updated_at=now)


def account_after(
    entry: Entry, stored: Account | None, account_id: bytes, password_hash: str | None, now: int
) -> Account:
    """The account as the file wants it; ``account_id`` is for a new one."""
    values = _without(entry, "password", "disabled") | {"password_hash": password_hash}
    values["username"] = canonical_username(values["username"])
    base = stored or Account(id=account_id, username="", created_at=now, updated_at=now)
    after = replace(base, **values, disabled_at=_disabled_at(entry, stored, now))
    return after if after == stored else replace(after, updated_at=now)


def _without(entry: Entry, *names_left_out: str) -> dict[str, Any]:
    return {name: value for name, value in entry.values.items() if name not in names_left_out}


def _disabled_at(entry: Entry, stored: Client | Account | None, now: int) -> int | None:
    since = stored.disabled_at if stored else None
    if "disabled" not in entry.values:
        return since
    return (since or now) if entry.values["disabled"] else None


def _field_difference(name: str, old: object, new: object, *, is_new: bool) -> FieldDifference:
    if name in _SECRET:
        return FieldDifference(name, "", "(set)" if is_new else "(changed)")
    if name == "disabled_at":
        return FieldDifference("disabled", _shown(old is not None), _shown(new is not None))
    return FieldDifference(name, "" if is_new else _shown(old), _shown(new))


def _shown(value: object) -> str:
    return "" if value is msgspec.NODEFAULT else msgspec.json.encode(value).decode()
