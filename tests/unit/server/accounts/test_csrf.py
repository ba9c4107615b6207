import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto import b64
from lingpai.server.accounts.csrf import Csrf, CsrfRefused

KEY = b"k" * 32
BINDING = "browser-cookie" + "session-cookie"


@pytest.mark.spec("RFC 6749", "10.12", "a form is accepted only from a page in the same browser and session")
def test_a_token_is_good_for_the_browser_and_session_it_was_made_for() -> None:
    Csrf(KEY).check(BINDING, Csrf(KEY).token(BINDING))


def test_a_token_looks_different_on_every_page() -> None:
    tokens = {Csrf(KEY).token(BINDING) for _ in range(10)}
    assert len(tokens) == 10
    halves = [b64.decode(token) for token in tokens]
    assert len({half[:32] for half in halves}) == len({half[32:] for half in halves}) == 10


GOOD = Csrf(KEY).token(BINDING)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("null", id="a word"),
        pytest.param(GOOD[:-1], id="cut"),
        pytest.param(GOOD + "A", id="too long"),
        pytest.param(GOOD + "==", id="padded"),
        pytest.param(b64.encode(bytes(64)), id="zeros"),
        pytest.param(b64.encode(b""), id="no bytes"),
        pytest.param("令牌", id="not ASCII"),
        pytest.param("\ud800", id="half a surrogate pair"),
        pytest.param("A" * 1_000_000, id="1 MB"),
        pytest.param(Csrf(b"x" * 32).token(BINDING), id="made under another key"),
        pytest.param(Csrf(KEY).token("browser-cookie"), id="made before the sign-in"),
        pytest.param(Csrf(KEY).token("other-browser" + "session-cookie"), id="made in another browser"),
    ],
)
def test_any_other_token_is_refused(token: str | None) -> None:
    with pytest.raises(CsrfRefused):
        Csrf(KEY).check(BINDING, token)


@given(st.integers(0, 511))
def test_a_token_with_one_bit_changed_is_refused(bit: int) -> None:
    masked = bytearray(b64.decode(GOOD))
    masked[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CsrfRefused):
        Csrf(KEY).check(BINDING, b64.encode(bytes(masked)))


def test_a_browser_without_cookies_has_no_good_token() -> None:
    with pytest.raises(ValueError, match="bound to nothing"):
        Csrf(KEY).token("")
    with pytest.raises(CsrfRefused):
        Csrf(KEY).check("", GOOD)
