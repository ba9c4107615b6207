"""What an application's wishes make of its client. Pure.

The one place where the portal writes client fields, so that a sensitive permission nobody approved, or a name nobody
has seen, has a single way not to get in.
"""

from collections.abc import Mapping
from secrets import randbelow
from typing import Literal

from msgspec.structs import replace

from lingpai.crypto.digest import new_id
from lingpai.oauth.names import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN
from lingpai.oauth.scope import scope_of
from lingpai.server.storage.portal_records import Application, WantedPermission
from lingpai.server.storage.records import Client, ScopeDefinition
from lingpai.server.tokens.admin_scopes import OPERATORS_PREFIX

ApplicationKind = Literal["web", "native", "machine"]
KINDS: tuple[ApplicationKind, ...] = ("web", "native", "machine")
FOR_MACHINES_ONLY = (CLIENT_CREDENTIALS,)
_APPID_DIGITS = 9
_FOR_PEOPLE = ("openid", "offline_access")
_ALWAYS_WANTED = {"standard": "openid", "qq": "get_user_info"}


def kind_of(client: Client) -> ApplicationKind:
    """Which of the kinds a developer chose from."""
    if client.grant_types == FOR_MACHINES_ONLY:
        return "machine"
    return client.application_type


def new_client(
    kind: ApplicationKind, *, name: str, with_qq: bool, team_id: bytes, id_token_alg: str, now: int
) -> Client:
    """A client on trial: it can do nothing yet but what everybody may."""
    grant_types = {
        "web": (AUTHORIZATION_CODE, REFRESH_TOKEN),
        "native": (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE),
        "machine": FOR_MACHINES_ONLY,
    }
    method = "none" if kind == "native" else "client_secret_post" if with_qq else "client_secret_basic"
    return Client(
        # Clients of QQ Connect take nothing but a number.
        client_id=str(10**_APPID_DIGITS + randbelow(9 * 10**_APPID_DIGITS)) if with_qq else new_id().hex(),
        client_name=name,
        application_type="native" if kind == "native" else "web",
        grant_types=grant_types[kind],
        response_types=() if kind == "machine" else ("code",),
        token_endpoint_auth_method=method,
        id_token_signed_response_alg=id_token_alg,
        dialects=("standard", "qq") if with_qq else ("standard",),
        default_grant_lifetime="forever" if with_qq else "30d",
        developer=team_id.hex(),
        trial=True,
        created_at=now,
        updated_at=now,
    )


def first_permissions(client: Client) -> dict[str, WantedPermission]:
    """What nobody can do without: to know who signed in."""
    if kind_of(client) == "machine":
        return {}
    return {_ALWAYS_WANTED[dialect]: WantedPermission(justification="") for dialect in client.dialects}


def offered(definitions: Mapping[str, ScopeDefinition], client: Client) -> list[ScopeDefinition]:
    """The permissions an application of this kind may want."""
    # Those of the operator would make an application an administrator, whoever reviews it.
    wanted = [scope for scope in definitions.values() if not scope.name.startswith(OPERATORS_PREFIX)]
    if kind_of(client) == "machine":
        return [scope for scope in wanted if scope.name not in _FOR_PEOPLE and not scope.claims]
    return wanted


def is_live(application: Application) -> bool:
    """Whether it was approved once: people outside the team use it."""
    return application.approved_at is not None


def has_unseen_changes(application: Application, client: Client, *, issuer: str) -> bool:
    """Whether the team wants people to see something no reviewer has."""
    return is_live(application) and _shown(application, issuer) != (
        client.client_name,
        client.client_uri,
        client.logo_uri,
    )


def client_for(
    application: Application,
    client: Client,
    definitions: Mapping[str, ScopeDefinition],
    *,
    issuer: str,
    now: int,
    approving: bool = False,
) -> Client:
    """The client as the application may have it now; ``approving``: with everything it shows."""
    changed = replace(client, scope=str(scope_of(_granted(application, definitions))))
    if approving or not is_live(application):
        name, website, logo = _shown(application, issuer)
        changed = replace(changed, client_name=name, client_uri=website, logo_uri=logo)
    if approving:
        changed = replace(changed, trial=False)
    return client if changed == client else replace(changed, updated_at=now)


def icon_url(icon: str, issuer: str) -> str:
    """The address of the picture with this id (hex); empty for none."""
    return f"{issuer}/application-icon?id={icon}" if icon else ""


def _granted(application: Application, definitions: Mapping[str, ScopeDefinition]) -> list[str]:
    """Fail closed: what is not defined (any more) is nothing, and refused stays refused."""
    return [
        name
        for name, wanted in application.permissions.items()
        if name in definitions
        and wanted.state != "refused"
        and (wanted.state == "approved" or not definitions[name].sensitive)
    ]


def _shown(application: Application, issuer: str) -> tuple[str, str, str]:
    return application.name, application.website, icon_url(application.icon, issuer)
