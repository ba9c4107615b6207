"""Whether somebody who proved who they are must accept the terms of service first, and the step that remembers them.

Browsers that are signed in already are asked at their next sign-in.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from lingpai.crypto.digest import digest, new_secret
from lingpai.server.config import Config
from lingpai.server.storage.people_records import SignInStep
from lingpai.server.storage.records import Account
from lingpai.server.storage.second_factors import SignInSteps
from lingpai.server.storage.terms import Terms
from lingpai.server.web.render import Pages
from lingpai.server.web.visit import Asked, Visit, see_other

_LIFETIME_S = 1800
_LIMIT_CHARS = 128


class TermsCookie:
    """The secret of a browser that has terms to accept."""

    def __init__(self, config: Config) -> None:
        self._name = "__Host-lingpai_terms" if config.is_https else "lingpai_terms"
        self._secure = config.is_https

    def get(self, request: Request) -> str | None:
        """The secret."""
        value = request.cookies.get(self._name)
        return value if value and len(value) <= _LIMIT_CHARS and value.isascii() else None

    def set(self, response: Response, secret: str) -> None:
        """Remember the step in this browser."""
        response.set_cookie(
            self._name, secret, max_age=_LIFETIME_S, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        """It is over."""
        response.delete_cookie(self._name, path="/", secure=self._secure, httponly=True, samesite="lax")


def step_digest(secret: str) -> bytes:
    """Under what the step lies. Never what a step of a second factor lies under: that one has not been proved."""
    return digest(f"terms {secret}")


class TermsStep:
    """Whether somebody has terms to accept first, and the step that remembers them meanwhile."""

    def __init__(self, pages: Pages, terms: Terms, steps: SignInSteps, cookie: TermsCookie) -> None:
        self._pages = pages
        self._terms = terms
        self._steps = steps
        self._cookie = cookie

    async def is_needed(self, account: Account, now: int) -> bool:
        """Whether the version in force was not accepted. One read."""
        return await self._terms.unaccepted(account.id, now) is not None

    async def begin(
        self,
        visit: Visit,
        asked: Asked | None,
        account: Account,
        amr: Sequence[str],
        *,
        auth_time: int | None,
        next_page: str,
    ) -> Response:
        """To the page that asks; ``next_page``: where to after it. No session starts, so there is no way around.

        The step was created when the person proved who they are, which may have been elsewhere and earlier.
        """
        secret = new_secret()
        step = SignInStep(
            digest=step_digest(secret),
            account_id=account.id,
            amr=tuple(amr),
            next_page=next_page,
            created_at=visit.now if auth_time is None else auth_time,
            expires_at=visit.now + _LIFETIME_S,
        )
        await self._steps.record(step)
        response = see_other(self._pages.url("accept_terms", asked.sealed if asked else None))
        self._cookie.set(response, secret)
        return response
