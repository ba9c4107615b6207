"""The FastAPI application. Imported at the first request only; ``door`` has let in whoever comes here."""

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from lingpai import __version__
from lingpai.server.administration.desk import ActRefused
from lingpai.server.endpoints.admin_api.door import PREFIX
from lingpai.server.endpoints.admin_api.parts import problem_responses
from lingpai.server.endpoints.admin_api.problems import problem

_STATUS = {"forbidden": 403, "not_found": 404, "conflict": 409, "invalid": 422}
_WORDS = {
    "forbidden": "your role does not allow this",
    "not_found": "there is no such thing",
    "conflict": "this cannot be done as things are now",
    "invalid": "some values are not what they must be",
}


class Routes(Protocol):
    """A part of the API."""

    def add_to(self, router: APIRouter) -> None:
        """Register every route."""
        ...


def make_api(parts: Sequence[Routes], *, issuer: str) -> FastAPI:
    """The application. ``problems`` of an error are field -> what is wrong."""
    app = FastAPI(
        title="Lingpai admin API",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        servers=[{"url": issuer}],
        redirect_slashes=False,
        exception_handlers={
            ActRefused: _refused,
            RequestValidationError: _invalid,
            HTTPException: _http,
        },
    )
    router = APIRouter(prefix=PREFIX, responses=problem_responses(400, 401, 403, 404, 409, 422, 429))
    for part in parts:
        part.add_to(router)
    app.include_router(router)
    return app


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ActRefused)  # noqa: S101 - FastAPI calls this for no other
    return problem(_STATUS[error.reason], _WORDS[error.reason], error.problems)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - FastAPI calls this for no other
    problems = {".".join(map(str, found["loc"][1:])): str(found["msg"]) for found in error.errors()}
    return problem(422, _WORDS["invalid"], problems)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - FastAPI calls this for no other
    return problem(error.status_code, error.detail or "refused")
