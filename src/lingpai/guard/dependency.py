"""The guard as a FastAPI dependency. Imported only by those who use it, because it needs starlette.

Owns: turning a refusal into Starlette's ``HTTPException``. Leaves: the decision to ``asgi.Guard``.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from lingpai.guard.access_token import AccessToken
from lingpai.guard.refusal import Refusal

Admit = Callable[[Mapping[str, Any]], Awaitable[AccessToken | Refusal]]


def dependency(admit: Admit) -> Callable[[HTTPConnection], Awaitable[AccessToken]]:
    """A callable for ``Depends``. It takes the connection, which is a ``Request`` or a ``WebSocket``.

    FastAPI writes the refusal as ``{"detail": {"error": …, "error_description": …, "scope": …}}``.
    """

    async def require(connection: HTTPConnection) -> AccessToken:
        outcome = await admit(connection.scope)
        if isinstance(outcome, Refusal):
            detail: Any = outcome.body  # Starlette's type says text; FastAPI writes any JSON
            raise HTTPException(outcome.status, detail=detail, headers=outcome.headers)
        return outcome

    return require
