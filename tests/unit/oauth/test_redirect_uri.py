"""What may be registered as a redirect URI, and what matches it."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.redirect_uri import InvalidRedirectUri, check_registrable, matches, matches_host_and_path

WEB = [
    "https://client.example.com/callback",
    "https://client.example.com",
    "https://client.example.com:8443/cb?tenant=1&x=%20",
    "https://192.0.2.1/cb",
    "https://[2001:db8::1]:443/cb",
    "http://localhost:3000/user/callback",
    "http://127.0.0.1/cb",
    "http://[::1]:8000/cb",
    "HTTPS://client.example.com/cb",
    "https://client.example.com/a.b/..c/d..",
]
NATIVE = [*WEB, "com.example.app:/callback", "com.example.app://callback/x", "com.example.app:callback"]

REFUSED = {
    "empty": "",
    "relative": "/callback",
    "without a scheme": "//client.example.com/cb",
    "fragment": "https://client.example.com/cb#x",
    "empty fragment": "https://client.example.com/cb#",
    "user name": "https://user@client.example.com/cb",
    "user name that looks like a host": "http://localhost:80@evil.example/cb",
    "two user names": "https://a@b@client.example.com/cb",
    "escaped host": "https://client%2eexample.com/cb",
    "no host": "https:///cb",
    "scheme without slashes": "https:client.example.com",
    "only a port": "https://:443/cb",
    "empty port": "https://client.example.com:/cb",
    "port that is no number": "https://client.example.com:x/cb",
    "port zero": "https://client.example.com:0/cb",
    "port too large": "https://client.example.com:65536/cb",
    "double dots in the host": "https://client..example.com/cb",
    "malformed IPv6": "https://[::1::]/cb",
    "unclosed IPv6": "https://[::1/cb",
    "backslash": "https://client.example.com\\@evil.example/cb",
    "space": "https://client.example.com/c b",
    "newline": "https://client.example.com/cb\r\nSet-Cookie: a=b",
    "NUL": "https://client.example.com/\x00",
    "not ASCII": "https://clíent.example.com/cb",
    "wildcard host": "https://*.example.com/cb",
    "broken escape": "https://client.example.com/%zz",
    "double dot segment": "https://client.example.com/a/../b",
    "escaped double dot segment": "https://client.example.com/a/%2e%2E/b",
    "half escaped double dot segment": "https://client.example.com/a/.%2e/b",
    "twice escaped double dot segment": "https://client.example.com/a/%252e%252e/b",
    "escaped slash before double dots": "https://client.example.com/a%2f../b",
    "double dots and a semicolon": "https://client.example.com/a/..;/b",
    "escaped control character": "https://client.example.com/%0d%0aSet-Cookie:",
    "twice escaped NUL": "https://client.example.com/%2500",
    "escaped backslash": "https://client.example.com/%5c",
    "too long": "https://client.example.com/" + "a" * 2048,
    "http to elsewhere": "http://client.example.com/cb",
    "http to a host that begins like loopback": "http://127.0.0.1.evil.example/cb",
    "http to a host that begins like localhost": "http://localhost.evil.example/cb",
    "http to loopback written otherwise": "http://127.1/cb",
    "http to all interfaces": "http://0.0.0.0/cb",
    "javascript": "javascript:alert(1)",
    "JavaScript": "JavaScript://client.example.com/%0aalert(1)",
    "data": "DATA:text/html,x",
    "vbscript": "vbscript:x",
    "file": "file:///etc/passwd",
    "blob": "blob:https://client.example.com/x",
    "about": "about:blank",
    "view-source": "view-source:https://client.example.com/",
    "ftp": "ftp://client.example.com/",
    "urn": "urn:ietf:wg:oauth:2.0:oob",
    "private-use scheme without a dot": "myapp:/callback",
    "private-use scheme with a user name": "com.example.app://a@b/callback",
}


@pytest.mark.parametrize("uri", WEB)
@pytest.mark.spec("RFC 6749", "3.1.2", "an absolute URI without fragment may be registered")
def test_a_web_client_may_register(uri: str) -> None:
    check_registrable(uri, "web")


@pytest.mark.parametrize("uri", NATIVE)
@pytest.mark.spec("RFC 8252", "7.1", "private-use schemes, reverse domain names, may be registered")
def test_a_native_client_may_register(uri: str) -> None:
    check_registrable(uri, "native")


@pytest.mark.parametrize("application_type", ["web", "native"])
@pytest.mark.parametrize("uri", REFUSED.values(), ids=REFUSED)
@pytest.mark.spec("RFC 6749", "3.1.2", "relative, fragments and everything two parsers could read differently: refused")
def test_nobody_may_register(uri: str, application_type: str) -> None:
    with pytest.raises(InvalidRedirectUri) as refusal:
        check_registrable(uri, application_type)
    assert refusal.value.reason == str(refusal.value)


@pytest.mark.parametrize("application_type", ["web", "", "Native"])
def test_a_private_use_scheme_is_for_native_clients_only(application_type: str) -> None:
    with pytest.raises(InvalidRedirectUri, match="must be https"):
        check_registrable("com.example.app:/callback", application_type)


@given(st.text(alphabet="htps:/@.[]?#%\\aAlocx0127 ;=&", max_size=40).map(lambda rest: "http" + rest))
def test_what_may_be_registered_is_read_the_same_by_another_parser(uri: str) -> None:
    try:
        check_registrable(uri, "web")
    except InvalidRedirectUri:
        return
    parts = urlsplit(uri)
    assert parts.username is None
    assert parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1", "localhost")


@pytest.mark.parametrize("application_type", ["web", "native"])
@pytest.mark.parametrize("uri", WEB)
@pytest.mark.spec("RFC 9700", "2.1", "exact string matching")
def test_the_same_string_matches(uri: str, application_type: str) -> None:
    assert matches(["https://other.example.com/cb", uri], uri, application_type)


REGISTERED = "https://client.example.com/cb?a=1"
NEARLY = [
    "https://client.example.com/cb",
    "https://client.example.com/cb?a=1&b=2",
    "https://client.example.com/cb?a=1#",
    "https://client.example.com/cb/?a=1",
    "https://client.example.com/cb?a=%31",
    "https://client.example.com/CB?a=1",
    "https://CLIENT.example.com/cb?a=1",
    "https://client.example.com:443/cb?a=1",
    "https://clientxexample.com/cb?a=1",
    "https://client.example.com.evil.example/cb?a=1",
    "https://client.example.com/x/../cb?a=1",
    "https://client.example.com/cb;x?a=1",
    "http://client.example.com/cb?a=1",
    "https://client.example.com/cb?a=1 ",
    "https://client.example.com@evil.example/cb?a=1",
    "",
]


@pytest.mark.parametrize("application_type", ["web", "native"])
@pytest.mark.parametrize("uri", NEARLY)
@pytest.mark.spec("RFC 9700", "2.1", "nothing but the same string")
def test_nearly_the_same_does_not_match(uri: str, application_type: str) -> None:
    assert not matches([REGISTERED], uri, application_type)


LOOPBACK = ["http://127.0.0.1/cb?a=1", "http://127.0.0.1:8000/cb?a=1", "http://127.0.0.1:65535/cb?a=1"]


@pytest.mark.parametrize("requested", LOOPBACK)
@pytest.mark.parametrize("registered", LOOPBACK)
@pytest.mark.spec("RFC 8252", "7.3", "any port of a loopback address")
def test_the_port_of_a_native_loopback_uri_may_differ(registered: str, requested: str) -> None:
    assert matches([REGISTERED, "com.example.app:/cb", registered], requested, "native")
    assert matches([registered], requested, "web") is (registered == requested)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
@pytest.mark.parametrize("path", ["", "/", "/cb", "/cb?x=1"])
def test_every_loopback_name_works_with_and_without_a_path(host: str, path: str) -> None:
    assert matches([f"http://{host}{path}"], f"http://{host}:51004{path}", "native")


@pytest.mark.parametrize(
    "requested",
    [
        pytest.param("http://127.0.0.1:8000/other?a=1", id="another path"),
        pytest.param("http://127.0.0.1:8000/cb?a=2", id="another query"),
        pytest.param("http://127.0.0.1:8000/cb", id="no query"),
        pytest.param("http://127.0.0.1:8000/cb?a=1#x", id="a fragment"),
        pytest.param("http://localhost:8000/cb?a=1", id="another loopback name"),
        pytest.param("http://[::1]:8000/cb?a=1", id="the other loopback address"),
        pytest.param("https://127.0.0.1:8000/cb?a=1", id="https"),
        pytest.param("http://127.0.0.1:80@evil.example/cb?a=1", id="a user name"),
        pytest.param("http://127.0.0.1:8000@evil.example:80/cb?a=1", id="a user name and a port"),
        pytest.param("http://127.0.0.1:99999/cb?a=1", id="an impossible port"),
        pytest.param("http://127.0.0.1:/cb?a=1", id="an empty port"),
        pytest.param("http://127.0.0.1:8000\\@evil.example/cb?a=1", id="a backslash"),
        pytest.param("http://127.0.0.1.evil.example:8000/cb?a=1", id="a host that begins the same"),
        pytest.param("http://127.0.0.1:8000/x/../cb?a=1", id="dots"),
    ],
)
@pytest.mark.spec("RFC 8252", "8.4", "only the port may differ")
def test_nothing_but_the_port_may_differ(requested: str) -> None:
    assert not matches(["http://127.0.0.1/cb?a=1", "nonsense"], requested, "native")


def test_the_port_of_other_uris_may_not_differ() -> None:
    assert not matches(["https://client.example.com/cb"], "https://client.example.com:8443/cb", "native")


def test_a_registered_uri_that_would_be_refused_today_hurts_nobody() -> None:
    assert not matches(["http://127.0.0.1:x/cb"], "http://127.0.0.1:1/cb", "native")


SEVERAL = ("https://a.example/cb", "https://b.example", "https://c.example/cb?app=1", "com.example.app:/cb")


@pytest.mark.parametrize(
    "uri",
    [
        *SEVERAL,
        "https://a.example/cb?x=1&y=2",
        "https://a.example/cb?",
        "HTTPS://A.example/cb?x=1",
        "https://b.example/",
        "https://b.example?x=",
        "https://c.example/cb?x=1&app=1",
    ],
)
def test_by_host_and_path_parameters_may_be_added(uri: str) -> None:
    assert matches_host_and_path(SEVERAL, uri, reserved={"code"})


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://a.example/cb?x=1",
        "https://a.example:8443/cb?x=1",
        "https://a.example/cb/?x=1",
        "https://a.example/CB?x=1",
        "https://a.example/cb?code=1",
        "https://a.example/cb?x=1&c%6Fde=1",
        "https://a.example/cb?x=1#y",
        "https://evil.example@a.example/cb?x=1",
        "https://a.example.evil.example/cb",
        "https://c.example/cb",
        "https://c.example/cb?app=2",
        "https://c.example/cb?app=1&app=2",
        "com.example.app:/cb?x=1",
        "https://a.example/cb?" + "&".join(f"p{n}=1" for n in range(60)),
    ],
)
def test_by_host_and_path_everything_else_must_be_the_same(uri: str) -> None:
    assert not matches_host_and_path(SEVERAL, uri, reserved={"code"})
