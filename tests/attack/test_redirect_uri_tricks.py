"""The attacker sends the victim an authorization request whose redirect URI is nearly the registered one.

Spec: RFC 6819 §4.1.5, §5.2.3.5; RFC 9700 §4.1. Stops: CVE-2024-8883, CVE-2026-7504, CVE-2026-3872, CVE-2026-9086,
CVE-2023-6927, CVE-2024-52289, CVE-2026-41569, CVE-2026-41479, CVE-2026-44681, PYSEC-2026-4354, GHSA-p64j-f4x9-wq66,
CVE-2026-54072.
"""

import itertools
from collections.abc import Iterable
from typing import Any

import httpx2
import pytest

from tests.world import Ask, World

WEB = "https://client.example/cb"
QUERY = "https://client.example/cb?tenant=1"
LOOPBACK = "http://127.0.0.1/cb"
PRIVATE = "com.example.app:/cb"
REGISTERED = {"web": (WEB, QUERY), "native": (LOOPBACK, "http://[::1]/cb", PRIVATE)}

TRICKS = {
    "a user name before the host": "https://client.example@evil.example/cb",
    "the host as user name and password": "https://client.example:443@evil.example/cb",
    "two user names": "https://client.example@evil.example@client.example/cb",
    "a user name on the right host": "https://evil@client.example/cb",
    "a backslash for the path": "https://client.example\\@evil.example/cb",
    "backslashes for slashes": "https:\\\\client.example\\cb",
    "a backslash in the path": "https://client.example/cb\\..\\..\\evil",
    "dot dot": "https://client.example/cb/../evil",
    "dot dot with a semicolon": "https://client.example/cb/..;/evil",
    "encoded dots": "https://client.example/cb/%2e%2e/evil",
    "twice encoded dots": "https://client.example/cb/%252e%252e/evil",
    "an encoded slash": "https://client.example/cb%2f..%2fevil",
    "an encoded letter": "https://client.example/%63b",
    "path parameters": "https://client.example/cb;evil=1",
    "capitals in the scheme": "HTTPS://client.example/cb",
    "capitals in the host": "https://CLIENT.example/cb",
    "capitals in the path": "https://client.example/CB",
    "another scheme": "http://client.example/cb",
    "no scheme": "//client.example/cb",
    "a scheme that runs": "javascript://client.example/cb%0aalert(1)",
    "a scheme that runs, in capitals": "JavaScript:alert(1)//https://client.example/cb",
    "a scheme that is a document": "data:text/html,<script>alert(1)</script>",
    "a fragment": "https://client.example/cb#",
    "a fragment with a token": "https://client.example/cb#access_token=x",
    "an encoded fragment": "https://client.example/cb%23",
    "a dot behind the host": "https://client.example./cb",
    "a slash behind": "https://client.example/cb/",
    "a space behind": "https://client.example/cb ",
    "a space before": " https://client.example/cb",
    "a tab inside": "https://client.example/\tcb",
    "a line break inside": "https://client.example/\ncb",
    "a line break and a header": "https://client.example/cb\r\nSet-Cookie: a=b",
    "a NUL behind": "https://client.example/cb\0",
    "a NUL before the real host": "https://evil.example\0client.example/cb",
    "another port": "https://client.example:8443/cb",
    "the default port": "https://client.example:443/cb",
    "an empty port": "https://client.example:/cb",
    "a prefix of it": "https://client.example/c",
    "it as a prefix": "https://client.example/cb.evil",
    "the host as a prefix": "https://client.example.evil.example/cb",
    "the host as a suffix": "https://evilclient.example/cb",
    "a subdomain": "https://evil.client.example/cb",
    "the dot as any character": "https://clientXexample/cb",
    "an extra query": "https://client.example/cb?next=https://evil.example",
    "an empty query": "https://client.example/cb?",
    "the query changed": "https://client.example/cb?tenant=2",
    "the query and one more": "https://client.example/cb?tenant=1&next=evil",
    "the query twice": "https://client.example/cb?tenant=1&tenant=1",
    "a look-alike letter in the host": "https://cl\u0456ent.example/cb",
    "a full-width dot in the host": "https://client\uff0eexample/cb",
    "punycode of a look-alike": "https://xn--clent-2of.example/cb",
    "an ideographic full stop": "https://client\u3002example/cb",
    "a zero-width space": "https://client.example/cb\u200b",
    "two at once": "https://client.example/cb https://evil.example/cb",
    "a comma and another": "https://client.example/cb,https://evil.example/cb",
    "only the path": "/cb",
    "nothing of it": "https://evil.example/",
    "a very long one": "https://client.example/cb" + "a" * 8000,
}
LOOPBACK_TRICKS = {
    "loopback by name": "http://localhost:5000/cb",
    "a port and a user name": "http://127.0.0.1:80@evil.example/cb",
    "a user name": "http://evil@127.0.0.1:80/cb",
    "a host behind a port": "http://127.0.0.1:80.evil.example/cb",
    "another loopback address": "http://127.0.0.2:5000/cb",
    "the address as one number": "http://2130706433:5000/cb",
    "the address in hex": "http://0x7f000001/cb",
    "the address cut short": "http://127.1/cb",
    "the address mapped to IPv6": "http://[::ffff:127.0.0.1]/cb",
    "a zone": "http://[::1%25lo]/cb",
    "the address as a prefix": "http://127.0.0.1.evil.example/cb",
    "another path": "http://127.0.0.1:5000/cb/evil",
    "dot dot": "http://127.0.0.1:5000/cb/../evil",
    "a query": "http://127.0.0.1:5000/cb?next=evil",
    "a fragment": "http://127.0.0.1:5000/cb#",
    "https": "https://127.0.0.1:5000/cb",
    "a port that is none": "http://127.0.0.1:99999/cb",
    "a port of other digits": "http://127.0.0.1:١٢٣/cb",
    "a sign before the port": "http://127.0.0.1:+80/cb",
    "two ports": "http://127.0.0.1:80:80/cb",
    "another private scheme": "com.example.evil:/cb",
    "the private scheme in capitals": "COM.EXAMPLE.APP:/cb",
    "the private scheme with a host": "com.example.app://evil/cb",
}
MODES = ["query", "fragment", "form_post", "nonsense"]
BROKEN: list[dict[str, str]] = [{}, {"response_type": "nonsense"}, {"scope": "unknown"}, {"prompt": "none"}]

_CASES = [pytest.param("web", uri, id=f"web: {name}") for name, uri in TRICKS.items()]
_CASES += [pytest.param("native", uri, id=f"native: {name}") for name, uri in LOOPBACK_TRICKS.items()]


def leads_nowhere(page: httpx2.Response) -> bool:
    """A page that explains: no redirect, no form that posts to somebody else, no refresh."""
    return (
        page.status_code == 400
        and "location" not in page.headers
        and "refresh" not in page.headers
        and 'id="response-form"' not in page.text
        and "http-equiv" not in page.text.lower()
    )


async def _ask(world: World, redirect_uri: str, ways: Iterable[tuple[str, dict[str, str]]]) -> None:
    browser = world.browser()
    for mode, broken in ways:
        changes: dict[str, Any] = {"redirect_uri": redirect_uri, "response_mode": mode, **broken}
        ask = Ask(world, **changes)
        assert leads_nowhere(await browser.get(ask.url)), (mode, broken)
        assert leads_nowhere(await browser.http.post("/oauth2/authorize", data=ask.params)), (mode, broken)


@pytest.mark.spec("RFC 9700", "2.1", "redirect URIs are compared as strings, character by character")
@pytest.mark.parametrize(("application_type", "redirect_uri"), _CASES)
async def test_a_redirect_uri_that_is_not_the_registered_string_gets_a_page_and_no_redirect(
    world: World, application_type: Any, redirect_uri: str
) -> None:
    await world.add_client(application_type=application_type, redirect_uris=REGISTERED[application_type])
    await _ask(world, redirect_uri, zip(MODES, BROKEN, strict=True))


async def test_no_mode_and_no_other_mistake_changes_that(world: World) -> None:
    await world.add_client(redirect_uris=REGISTERED["web"])
    for name in ("nothing of it", "a user name before the host", "it as a prefix", "a fragment", "an extra query"):
        await _ask(world, TRICKS[name], itertools.product(MODES, BROKEN))


@pytest.mark.parametrize("redirect_uri", [WEB, QUERY])
async def test_the_registered_string_gets_its_answer(world: World, redirect_uri: str) -> None:
    await world.add_client(redirect_uris=REGISTERED["web"])
    page = await world.browser().get(Ask(world, redirect_uri=redirect_uri, prompt="none").url)
    assert page.headers["location"].startswith(redirect_uri + ("&" if "?" in redirect_uri else "?"))


@pytest.mark.spec("RFC 8252", "7.3", "a native client may use any port of its loopback address, and only that differs")
@pytest.mark.parametrize("redirect_uri", [LOOPBACK, "http://127.0.0.1:1/cb", "http://[::1]:65535/cb", PRIVATE])
async def test_a_native_client_gets_its_answer_at_the_port_it_was_given(world: World, redirect_uri: str) -> None:
    await world.add_client(application_type="native", redirect_uris=REGISTERED["native"])
    page = await world.browser().get(Ask(world, redirect_uri=redirect_uri, prompt="none").url)
    assert page.headers["location"].startswith(redirect_uri + "?error=login_required")


async def test_a_web_client_has_no_port_to_choose(world: World) -> None:
    await world.add_client(redirect_uris=("http://127.0.0.1/cb",))
    assert leads_nowhere(await world.browser().get(Ask(world, redirect_uri="http://127.0.0.1:5000/cb").url))


@pytest.mark.spec("RFC 6749", "4.1.2.1", "no redirect for a client or redirect URI that is missing or invalid")
@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"client_id": "nobody"}, id="a client nobody knows"),
        pytest.param({"client_id": ""}, id="no client"),
        pytest.param({"client_id": "photo-print\0"}, id="a client with a NUL"),
        pytest.param({"client_id": " photo-print"}, id="a client with a space"),
        pytest.param({"client_id": "PHOTO-PRINT"}, id="a client in capitals"),
        pytest.param({"redirect_uri": ""}, id="an empty redirect URI"),
        pytest.param({"redirect_uri": None}, id="no redirect URI where two are registered"),
    ],
)
async def test_who_is_not_proven_is_sent_nowhere(world: World, params: dict[str, str | None]) -> None:
    await world.add_client(redirect_uris=(WEB, "https://client.example/other"))
    whole: dict[str, Any] = {"redirect_uri": WEB} | params
    client_id = whole.pop("client_id", "photo-print")
    assert leads_nowhere(await world.browser().get(Ask(world, client_id, **whole).url))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_two_readings_of_who_asks_are_no_reading(world: World, name: str) -> None:
    await world.add_client(redirect_uris=(WEB,))
    url = Ask(world, redirect_uri=WEB).url
    for extra in (f"&{name}=https://evil.example", f"&{name}=", f"&%{ord(name[0]):x}{name[1:]}=x", f"&{name}"):
        assert leads_nowhere(await world.browser().get(url + extra)), extra


async def test_a_client_that_was_disabled_is_sent_nowhere(world: World) -> None:
    await world.add_client(redirect_uris=(WEB,), disabled_at=world.clock.now)
    assert leads_nowhere(await world.browser().get(Ask(world, redirect_uri=WEB).url))
