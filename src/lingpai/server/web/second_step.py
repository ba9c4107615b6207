"""Whether somebody who proved one factor must prove another, and the step that remembers them meanwhile.

Spec: RFC 8176 §2
"""

from collections.abc import Sequence

from starlette.responses import Response

from lingpai.crypto.digest import digest, new_secret
from lingpai.server.accounts.second_factor import SecondFactors
from lingpai.server.storage.people_records import SignInStep
from lingpai.server.storage.records import Account
from lingpai.server.storage.second_factors import SignInSteps
from lingpai.server.web.render import Pages
from lingpai.server.web.step_cookie import StepCookie
from lingpai.server.web.visit import Asked, Visit, see_other

_LIFETIME_S = 600


class SecondStep:
    """Decides, and begins it."""

    def __init__(self, pages: Pages, second_factors: SecondFactors, steps: SignInSteps, cookie: StepCookie) -> None:
        self._pages = pages
        self._second_factors = second_factors
        self._steps = steps
        self._cookie = cookie

    async def is_needed(self, account: Account, amr: Sequence[str]) -> bool:
        """Whether ``amr`` is not enough for this account."""
        return await self._second_factors.next_factor(account.id, amr) is not None

    async def begin(
        self, visit: Visit, asked: Asked | None, account: Account, amr: Sequence[str], next_page: str
    ) -> Response:
        """To the page that asks for the code; ``next_page``: where to after it. No session starts."""
        secret = new_secret()
        step = SignInStep(
            digest=digest(secret),
            account_id=account.id,
            amr=tuple(amr),
            next_page=next_page,
            created_at=visit.now,
            expires_at=visit.now + _LIFETIME_S,
        )
        await self._steps.record(step)
        response = see_other(self._pages.url("second_factor", asked.sealed if asked else None))
        self._cookie.set(response, secret, _LIFETIME_S)
        return response
