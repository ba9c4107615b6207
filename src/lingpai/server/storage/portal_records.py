"""The developer portal: teams, their applications, what reviewers and developers say to each other. As ``records``."""

from typing import Literal

from msgspec import Struct

TeamRole = Literal["owner", "developer"]

ApplicationState = Literal["draft", "submitted", "approved", "changes_asked", "rejected", "suspended"]

PermissionState = Literal["open", "approved", "refused"]

UsageKind = Literal["sign_ins", "grants", "tokens", "refusals", "errors"]


class Team(Struct, frozen=True, kw_only=True):
    """People who make applications together."""

    id: bytes
    name: str
    created_at: int = 0


class TeamMember(Struct, frozen=True, kw_only=True):
    """Somebody in a team. ``owner``: decides who else is; a ``developer`` changes applications only."""

    team_id: bytes
    account_id: bytes
    role: TeamRole
    since: int = 0
    username: str = ""
    name: str = ""
    """These two as the account has them now; not of this row."""


class Invitation(Struct, frozen=True, kw_only=True):
    """A link that makes whoever follows it a member, once. The link holds the secret, the row its digest."""

    digest: bytes
    team_id: bytes
    role: TeamRole
    email: str = ""
    """Where it was sent; empty: the owner hands it on."""
    created_at: int = 0
    expires_at: int = 0


class WantedPermission(Struct, frozen=True, kw_only=True):
    """A permission the application wants. Only a sensitive one waits for a reviewer."""

    justification: str
    state: PermissionState = "open"


class Application(Struct, frozen=True, kw_only=True):
    """What the portal knows of an application beside its ``Client``, which alone counts for the protocol.

    ``name`` and the three after it are what the team wants them to be: the client has them at once as long as it is on
    trial, and afterwards when a reviewer approved.
    """

    client_id: str
    team_id: bytes
    state: ApplicationState = "draft"
    name: str = ""
    website: str = ""
    description: str = ""
    filing_number: str = ""
    """Of the web site with the authorities (备案号)."""
    icon: str = ""
    """Id of the picture in hex; empty: none."""
    permissions: dict[str, WantedPermission] = {}
    """By scope name."""
    created_at: int = 0
    updated_at: int = 0
    submitted_at: int = 0
    approved_at: int | None = None
    """When it was first approved; ``None``: on trial."""


class Icon(Struct, frozen=True, kw_only=True):
    """An application's picture as we encoded it. ``id`` is its address."""

    id: bytes
    client_id: str
    content_type: str
    body: bytes
    created_at: int = 0


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """Something that happened to an application or was said about it. ``author``: a name, as it was then."""

    client_id: str
    at: int
    event: str
    by_reviewer: bool
    author: str
    text: str = ""
    id: int = 0


class Refusal(Struct, frozen=True, kw_only=True):
    """A request that was refused, as far as the team may see it. Never holds a secret: see ``portal.refusals``."""

    client_id: str
    reference: str
    """The id of the request, which the error page and the header ``X-Request-Id`` show."""
    at: int
    endpoint: str
    code: str
    """The error code of the answer, or the reason an error page gave."""
    description: str = ""
    sent: dict[str, str] = {}
    """Parameters whose values are no secrets."""
    hidden: tuple[str, ...] = ()
    """Names of the others that were there."""
    method: str = ""
    """How the client tried to authenticate; empty: not at all, or it is no matter."""
