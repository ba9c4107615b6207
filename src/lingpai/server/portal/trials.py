"""Who may use an application that is not approved yet: its team, and the test people on its list.

Asked wherever a person could allow it something. For every other application the answer is in the client record, which
is read anyway: it costs no statement.
"""

from lingpai.oauth.errors import AccessDenied
from lingpai.server.storage.applications import Applications
from lingpai.server.storage.records import Client

ON_TRIAL = "this application is on trial: only its team and its test people can use it"


class Trials:
    """Answers that question."""

    def __init__(self, applications: Applications) -> None:
        self._applications = applications

    async def allow(self, client: Client, account_id: bytes) -> bool:
        """Whether the account may use the application."""
        return not client.trial or await self._applications.may_try(client.client_id, account_id)

    def refusal(self) -> AccessDenied:
        """What the application is told."""
        return AccessDenied(ON_TRIAL)
