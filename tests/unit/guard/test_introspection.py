import asyncio
import logging
from collections.abc import Callable

import httpx2
import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from lingpai.guard import Introspector, TokenCheckUnavailable
from lingpai.oauth.errors import InvalidToken
from tests.unit.guard.foreign_server import AUDIENCE, ISSUER, NOW, ForeignServer, claims_of

TOKEN = "lpat_1234"


def active(**changes: object) -> dict[str, object]:
    return {"active": True, "token_type": "Bearer", **claims_of(**changes)}


@pytest.fixture
def introspector(http: httpx2.AsyncClient) -> Introspector:
    return Introspector(issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret", http=http)


@pytest.mark.spec("RFC 7662", "2.2", "an active token is accepted")
async def test_an_active_token_says_who_may_do_what(introspector: Introspector, server: ForeignServer) -> None:
    server.introspection[TOKEN] = active(aud=[AUDIENCE, "https://other.example"])
    access_token = await introspector.check(TOKEN, NOW)
    assert access_token.subject == "zhangsan"
    assert access_token.client_id == "photo-print"
    assert "list_album" in access_token.scope
    assert access_token.expires_at == NOW + 600


@pytest.mark.spec("RFC 7662", "2.2", "members that are OPTIONAL may be missing or null")
async def test_a_token_of_a_client_itself_has_no_subject(introspector: Introspector, server: ForeignServer) -> None:
    server.introspection[TOKEN] = {"active": True, "aud": AUDIENCE, "exp": NOW + 60, "sub": None, "scope": None}
    access_token = await introspector.check(TOKEN, NOW)
    assert access_token.subject is None
    assert access_token.client_id is None
    assert access_token.scope.names == ()


@pytest.mark.spec("RFC 6749", "2.3.1", "client_id and client_secret are form-encoded before Basic")
async def test_the_credentials_survive_any_character(http: httpx2.AsyncClient, server: ForeignServer) -> None:
    introspector = Introspector(
        issuer=ISSUER, audience=AUDIENCE, client_id="https://photos:5000", client_secret="a:b %+密", http=http
    )
    server.introspection[TOKEN] = active()
    await introspector.check(TOKEN, NOW)
    assert server.credentials == [("https://photos:5000", "a:b %+密")]


REFUSED: dict[str, dict[str, object]] = {
    "inactive": {"active": False},
    "inactive with all claims": {**active(), "active": False},
    "other issuer": active(iss="https://evil.example"),
    "other audience": active(aud="https://other.example"),
    "no audience": active(aud=None),
    "null audience": {**active(), "aud": None},
    "empty audience": active(aud=[]),
    "audience that only contains ours": active(aud=f"{AUDIENCE}.evil.example"),
    "audience list with a number": active(aud=[AUDIENCE, 7]),
    "expired": active(exp=NOW),
    "no expiry": active(exp=None),
    "expiry as text": active(exp=str(NOW + 60)),
    "expiry is true": active(exp=True),
    "scope as a list": active(scope=["list_album"]),
    "bound to a DPoP key": active(cnf={"jkt": "x"}),
    "bound to a certificate": active(cnf={"x5t#S256": "x"}),
    "bound, but not said to which key": active(token_type="DPoP"),
    "bound to a key and a certificate": active(cnf={"jkt": "x", "x5t#S256": "x"}),
    "bound to a number": active(cnf={"jkt": 7}),
    "a refresh token": active(token_type="refresh_token"),
    "a refresh token by another name": active(token_use="refresh_token"),
    "a subject that is a number": active(sub=7),
    "unknown": {},
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED.keys())
async def test_an_answer_that_does_not_fit_lets_nobody_in(
    introspector: Introspector, server: ForeignServer, answer: dict[str, object]
) -> None:
    if answer:
        server.introspection[TOKEN] = answer
    with pytest.raises(InvalidToken):
        await introspector.check(TOKEN, NOW)


GARBAGE: dict[str, Callable[[str], Response]] = {
    "500": lambda _: Response(status_code=500),
    "401": lambda _: JSONResponse({"error": "invalid_client"}, status_code=401),
    "403 that says active": lambda _: JSONResponse(active(), status_code=403),
    "redirect": lambda _: RedirectResponse("/introspect"),
    "empty": lambda _: Response(b"", media_type="application/json"),
    "a page": lambda _: Response("<html>", media_type="text/html"),
    "a list": lambda _: JSONResponse([active()]),
    "text": lambda _: JSONResponse("active"),
    "no active": lambda _: JSONResponse({}),
    "active as text": lambda _: JSONResponse({**active(), "active": "true"}),
    "active as a number": lambda _: JSONResponse({**active(), "active": 1}),
    "a signed answer": lambda _: Response(b"ey.ey.ey", media_type="application/token-introspection+jwt"),
    "huge": lambda _: JSONResponse({**active(), "x": "x" * 300_000}),
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_means_nobody_knows_and_lets_nobody_in(
    introspector: Introspector, server: ForeignServer, answer: Callable[[str], Response]
) -> None:
    server.introspect = answer
    with pytest.raises(TokenCheckUnavailable):
        await introspector.check(TOKEN, NOW)
    # Nothing of it is remembered.
    server.introspect = lambda _: JSONResponse(active())
    assert await introspector.check(TOKEN, NOW)


async def test_a_server_that_never_answers_is_not_waited_for(server: ForeignServer) -> None:
    server.hangs = True
    async with server.http(timeout_s=0.02) as http:
        slow = Introspector(issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret", http=http)
        with pytest.raises(TokenCheckUnavailable):
            await slow.check(TOKEN, NOW)


async def test_an_answer_counts_for_its_lifetime_and_then_a_revocation_is_seen(
    introspector: Introspector, server: ForeignServer
) -> None:
    server.introspection[TOKEN] = active()
    await introspector.check(TOKEN, NOW)
    server.introspection.clear()
    assert await introspector.check(TOKEN, NOW + 4)
    with pytest.raises(InvalidToken):
        await introspector.check(TOKEN, NOW + 5)


async def test_a_remembered_answer_ends_with_the_token(introspector: Introspector, server: ForeignServer) -> None:
    server.introspection[TOKEN] = active(exp=NOW + 2)
    await introspector.check(TOKEN, NOW)
    with pytest.raises(InvalidToken):
        await introspector.check(TOKEN, NOW + 2)


async def test_a_refusal_is_remembered_for_seconds(http: httpx2.AsyncClient, server: ForeignServer) -> None:
    introspector = Introspector(
        issuer=ISSUER,
        audience=AUDIENCE,
        client_id="photos",
        client_secret="s3cret",
        introspection_endpoint=f"{ISSUER}/introspect",
        cache_lifetime_s=300,
        http=http,
    )
    for second in (0, 4, 5):
        with pytest.raises(InvalidToken):
            await introspector.check(TOKEN, NOW + second)
    assert server.asked == ["/introspect"] * 2


async def test_without_a_lifetime_every_request_asks(http: httpx2.AsyncClient, server: ForeignServer) -> None:
    introspector = Introspector(
        issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret", cache_lifetime_s=0, http=http
    )
    server.introspection[TOKEN] = active()
    await asyncio.gather(*(introspector.check(TOKEN, NOW) for _ in range(3)))
    assert server.count("/introspect") == 3


async def test_many_requests_with_one_token_ask_once(introspector: Introspector, server: ForeignServer) -> None:
    server.introspection[TOKEN] = active()
    await asyncio.gather(*(introspector.check(TOKEN, NOW) for _ in range(50)))
    outcomes = await asyncio.gather(*(introspector.check("other", NOW) for _ in range(50)), return_exceptions=True)
    assert all(isinstance(outcome, InvalidToken) for outcome in outcomes)
    assert server.count("/introspect") == 2


async def test_a_flood_of_invented_tokens_pushes_no_good_one_out(
    http: httpx2.AsyncClient, server: ForeignServer
) -> None:
    introspector = Introspector(
        issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret", cache_limit=10, http=http
    )
    server.introspection[TOKEN] = active()
    first = await introspector.check(TOKEN, NOW)
    for n in range(30):
        with pytest.raises(InvalidToken):
            await introspector.check(f"invented-{n}", NOW)
    assert await introspector.check(TOKEN, NOW) is first


async def test_the_endpoint_is_not_believed_from_foreign_metadata(
    introspector: Introspector, server: ForeignServer
) -> None:
    server.metadata["issuer"] = "https://evil.example"
    with pytest.raises(TokenCheckUnavailable):
        await introspector.check(TOKEN, NOW)
    assert server.credentials == []


async def test_no_token_or_secret_is_kept_or_told(
    introspector: Introspector, server: ForeignServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.introspection[TOKEN] = active()
    access_token = await introspector.check(TOKEN, NOW)
    server.introspect = GARBAGE["500"]
    with pytest.raises(TokenCheckUnavailable) as unavailable:
        await introspector.check("another-secret-token", NOW)
    told = f"{access_token!r} {vars(introspector)!r} {vars(introspector._good)!r} {unavailable.value!r}"  # noqa: SLF001 - looks for secrets where they must not be
    for secret in (TOKEN, "another-secret-token"):
        assert secret not in told + caplog.text
    assert "s3cret" not in told + caplog.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ""},
        {"issuer": "http://as.example"},
        {"audience": ""},
        {"client_id": ""},
        {"client_secret": ""},
        {"introspection_endpoint": ""},
        {"introspection_endpoint": "http://as.example/introspect"},
    ],
    ids=str,
)
def test_an_introspector_is_not_made_with_a_setting_that_checks_nothing(wrong: dict[str, object]) -> None:
    settings: dict = {"issuer": ISSUER, "audience": AUDIENCE, "client_id": "photos", "client_secret": "s3cret"}
    with pytest.raises(ValueError, match=r"\w"):
        Introspector(**{**settings, **wrong})


async def test_an_introspector_closes_the_connections_it_opened() -> None:
    await Introspector(issuer=ISSUER, audience=AUDIENCE, client_id="photos", client_secret="s3cret").aclose()
