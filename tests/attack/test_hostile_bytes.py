"""Bytes no browser sends: raw high bytes, broken UTF-8, NULs, lone surrogates, very long values, very many.

Spec: RFC 6819 §5.1.6; RFC 6749 Appendix B. Stops: DOT#1006 (a NUL byte is a 500), CVE-2025-22868 (memory for malformed
tokens), CVE-2026-9704 (an oversized parameter is silently dropped).
"""

import base64

import pytest

from tests.wire import FORM, send
from tests.world import CALLBACK, SECRET, World

BYTES = {
    "a raw high byte": b"\xff",
    "a raw UTF-8 letter": "é".encode(),
    "broken UTF-8": b"%ff%fe",
    "a lone surrogate": b"%ed%b3%bf",
    "an overlong slash": b"%c0%af",
    "a NUL": b"%00",
    "a raw NUL": b"\x00",
    "a broken escape": b"%zz",
    "a line break": b"%0d%0aX-Evil:%201",
    "100 KB": b"a" * 100_000,
    "brackets": b"[][][]",
}
BASIC = base64.b64encode(f"photo-print:{SECRET}".encode()).decode()
AUTHENTICATED = [FORM, ("authorization", f"Basic {BASIC}")]
FORMS = {
    "/oauth2/authorize": b"prompt=none&response_type=code&client_id=photo-print&redirect_uri="
    + CALLBACK.encode()
    + b"&state=s&scope=x&response_mode=query",
    "/oauth2/token": b"grant_type=authorization_code&code=lpc_0&redirect_uri=x&code_verifier=y",
    "/oauth2/introspect": b"token=lpa_0",
    "/oauth2/revoke": b"token=lpa_0",
    "/sign-in": b"username=zhangsan&password=x&csrf_token=x",
    "/sign-out": b"csrf_token=x",
    "/consent": b"csrf_token=x&scope=list_album",
    "/account/grants": b"csrf_token=x&action=end&client_id=photo-print",
    "/language": b"locale=en&page=landing",
}


def _names(form: bytes) -> list[bytes]:
    return [pair.partition(b"=")[0] for pair in form.split(b"&")]


@pytest.mark.parametrize("path", FORMS)
async def test_no_parameter_makes_an_endpoint_fall_over(world: World, path: str) -> None:
    before, form = world.rows(), FORMS[path]
    for what, value in BYTES.items():
        for name in _names(form):
            changed = b"&".join(
                name + b"=" + value if pair.startswith(name + b"=") else pair for pair in form.split(b"&")
            )
            for body in (changed, form + b"&" + name + b"=" + value):
                answer = await send(world.server.app, "POST", path, body=body, headers=AUTHENTICATED)
                assert answer.status_code < 500, (what, name)
                assert "x-evil" not in answer.headers, (what, name)
        answer = await send(world.server.app, "POST", path, body=form + b"&" + value + b"=x", headers=AUTHENTICATED)
        assert answer.status_code < 500, what
    assert world.rows() == before, "nothing is stored"


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/oauth2/authorize/resume", "/sign-in", "/consent", "/sign-out"])
async def test_no_query_makes_a_page_fall_over(world: World, path: str) -> None:
    form = FORMS["/oauth2/authorize"]
    for what, value in BYTES.items():
        for query in (b"request=" + value, value, *[form + b"&" + name + b"=" + value for name in _names(form)]):
            answer = await send(world.server.app, "GET", path, query=query)
            assert answer.status_code < 500, what


@pytest.mark.parametrize(
    "header", ["authorization", "cookie", "accept-language", "user-agent", "x-forwarded-for", "dpop"]
)
async def test_no_header_makes_an_endpoint_fall_over(world: World, header: str) -> None:
    prefix = {"authorization": b"Basic ", "cookie": b"lingpai_session="}.get(header, b"")
    for value in (b"\xff", b"a\x00b", b"x" * 100_000, b"'; DROP TABLE session; --", b"\xed\xb3\xbf"):
        for path, form in FORMS.items():
            headers: list[tuple[str, str | bytes]] = [FORM, (header, prefix + value)]
            assert (await send(world.server.app, "POST", path, body=form, headers=headers)).status_code < 500
            assert (await send(world.server.app, "GET", path, headers=headers[1:])).status_code < 500


async def test_after_all_that_the_server_still_writes(world: World) -> None:
    for path, form in FORMS.items():
        for value in BYTES.values():
            await send(world.server.app, "POST", path, body=form + b"&x=" + value, headers=[FORM])
    ready = await world.http.get("/health/ready")
    assert ready.status_code == 200


@pytest.mark.parametrize("path", [path for path in FORMS if path != "/oauth2/authorize"])
async def test_more_than_the_limit_is_refused_and_not_cut(world: World, path: str) -> None:
    body = FORMS[path] + b"&padding=" + b"x" * 1_000_000
    answer = await send(world.server.app, "POST", path, body=body, headers=AUTHENTICATED)
    refused = (400, 413, 303) if path == "/account/grants" else (400, 413)  # 303: sign in first, the form is not read
    assert answer.status_code in refused
    ten_thousand = FORMS[path] + b"".join(b"&p%d=x" % number for number in range(5_000))
    assert (await send(world.server.app, "POST", path, body=ten_thousand, headers=AUTHENTICATED)).status_code in refused
