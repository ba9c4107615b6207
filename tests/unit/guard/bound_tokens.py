"""Services that take tokens bound to a key, guarded in both ways, and requests to them."""

from typing import Annotated, Any

import httpx2
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lingpai.guard import AccessToken, Guard, GuardMiddleware
from lingpai.oauth.challenge import parse_challenge
from tests.proofs import Prover, ath
from tests.unit.guard.foreign_server import AUDIENCE, NOW

PROVER = Prover()
ALBUMS = f"{AUDIENCE}/albums"


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


def middleware(guard: Guard) -> Any:
    async def albums(request: Request) -> Response:
        return JSONResponse({"owner": request.state.access_token.subject})

    return GuardMiddleware(Starlette(routes=[Route("/albums", albums)]), guard, scope="list_album")


def dependency(guard: Guard) -> Any:
    app = FastAPI()

    @app.get("/albums")
    async def albums(token: Annotated[AccessToken, Depends(guard.require("list_album"))]) -> dict[str, object]:
        return {"owner": token.subject}

    return app


def reach(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=AUDIENCE)


def present(token: str, prover: Prover = PROVER, **claims: Any) -> dict[str, str]:
    claims = {"now": NOW, "ath": ath(token), **claims}
    method, url = claims.pop("method", "GET"), claims.pop("url", ALBUMS)
    return {"Authorization": f"DPoP {token}", "DPoP": prover.prove(method, url, **claims)}


def challenges(response: httpx2.Response) -> dict[str, dict[str, str]]:
    return dict(parse_challenge(response.headers["www-authenticate"]))
