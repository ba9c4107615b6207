import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto.seal import Unsealable
from lingpai.oauth.errors import InvalidClient
from lingpai.server.client_auth.secret import (
    check_client_secret,
    digest_client_secret,
    is_alive,
    open_client_secret,
    read_basic,
    seal_client_secret,
)
from lingpai.server.storage.records import Client, ClientSecret

NOW = 1_800_000_000
KEY, PEPPER = b"k" * 32, b"p" * 32


def basic(pair: bytes) -> str:
    return "Basic " + base64.b64encode(pair).decode()


def test_a_sealed_secret_opens_for_its_client_under_its_key() -> None:
    sealed = seal_client_secret(KEY, "photo-print", "secret-é")
    known = ClientSecret(b"", NOW, sealed=sealed)
    assert open_client_secret(KEY, "photo-print", known) == "secret-é".encode()
    assert b"secret" not in sealed
    for key, client_id in ((b"x" * 32, "photo-print"), (KEY, "another")):
        with pytest.raises(Unsealable):
            open_client_secret(key, client_id, known)


def test_a_secret_is_alive_until_it_expires() -> None:
    assert is_alive(ClientSecret(b"", NOW), NOW)
    assert is_alive(ClientSecret(b"", NOW, expires_at=NOW + 1), NOW)
    assert not is_alive(ClientSecret(b"", NOW, expires_at=NOW), NOW)


def test_any_living_secret_of_the_client_will_do() -> None:
    secrets = tuple(
        ClientSecret(digest_client_secret(PEPPER, "photo-print", secret), NOW, expires_at=expires_at)
        for secret, expires_at in (("new", None), ("old", NOW + 60), ("older", NOW))
    )
    client = Client(client_id="photo-print", client_name="", client_secrets=secrets)
    for secret in ("new", "old"):
        check_client_secret(client, secret, pepper=PEPPER, now=NOW)
    for secret in ("older", "", "New"):
        with pytest.raises(InvalidClient):
            check_client_secret(client, secret, pepper=PEPPER, now=NOW)


@pytest.mark.spec("RFC 6749", "2.3.1", "client_id and secret are form-encoded before they are joined")
@pytest.mark.parametrize(
    ("pair", "decoded"),
    [
        (b"a:b", ("a", "b")),
        (b"a%3Ab:c%25+d", ("a:b", "c% d")),
        (b"a:b:c", ("a", "b:c")),
        (b"a:", ("a", "")),
    ],
)
def test_a_basic_header_is_decoded(pair: bytes, decoded: tuple[str, str]) -> None:
    assert read_basic(basic(pair)) == decoded


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Basic", id="nothing"),
        pytest.param("Basic !!!", id="not base64"),
        pytest.param("Basic YTpi YTpi", id="two"),
        pytest.param(basic(b"a"), id="no colon"),
        pytest.param(basic(b":b"), id="no name"),
        pytest.param(basic(b"a:%"), id="bad escape"),
        pytest.param(basic(b"a:%zz"), id="no escape"),
        pytest.param(basic(b"a:\xff"), id="not UTF-8"),
        pytest.param(basic(b"a:%00"), id="NUL"),
        pytest.param("Bearer YTpi", id="another scheme"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_no_basic_header_is_refused(header: str) -> None:
    with pytest.raises(InvalidClient):
        read_basic(header)


@given(st.text(max_size=50))
def test_any_header_is_read_or_refused(text: str) -> None:
    for header in (text, f"Basic {text}", basic(text.encode("utf-8", "surrogatepass"))):
        try:
            client_id, _ = read_basic(header)
        except InvalidClient:
            continue
        assert client_id
