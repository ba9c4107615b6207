"""The cookie of a browser that has proved one factor and is being asked for the other.

A secret of its own, not the browser's name: whoever planted that name in somebody's browser would otherwise be where
they are as soon as they type their password.

Spec: RFC 6265 §4.1.2
"""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.server.config import Config

_LIMIT_CHARS = 128


class StepCookie:
    """Sets, reads and clears it."""

    def __init__(self, config: Config) -> None:
        self._name = "__Host-lingpai_step" if config.is_https else "lingpai_step"
        self._secure = config.is_https

    def get(self, request: Request) -> str | None:
        """The secret."""
        value = request.cookies.get(self._name)
        return value if value and len(value) <= _LIMIT_CHARS and value.isascii() else None

    def set(self, response: Response, secret: str, max_age_s: int) -> None:
        """Remember the step in this browser."""
        response.set_cookie(
            self._name, secret, max_age=max_age_s, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        """It is over."""
        response.delete_cookie(self._name, path="/", secure=self._secure, httponly=True, samesite="lax")
