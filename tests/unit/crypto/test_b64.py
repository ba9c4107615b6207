"""base64url: one text for every byte string, nothing else accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto import b64


@given(st.binary())
def test_what_is_encoded_is_decoded(data: bytes) -> None:
    assert b64.decode(b64.encode(data)) == data


@given(st.text())
def test_any_other_text_is_refused_or_is_the_only_spelling(text: str) -> None:
    try:
        data = b64.decode(text)
    except ValueError:
        return
    assert b64.encode(data) == text


@pytest.mark.spec("RFC 7515", "Appendix C", "base64url without padding")
def test_the_example_of_the_specification() -> None:
    data = bytes([3, 236, 255, 224, 193])
    assert b64.encode(data) == "A-z_4ME"
    assert b64.decode("A-z_4ME") == data


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("QQ==", "alphabet", id="padding"),
        pytest.param("+/+/", "alphabet", id="the other base64"),
        pytest.param("QUJD\n", "alphabet", id="newline at the end"),
        pytest.param("QU JD", "alphabet", id="space"),
        pytest.param("ＱＵ", "alphabet", id="not ASCII"),
        pytest.param("QUJDR", "length", id="one character too many"),
        pytest.param("QR", "trailing", id="unused bits set"),
        pytest.param("QUF", "trailing", id="unused bits set in three characters"),
    ],
)
@pytest.mark.spec("RFC 4648", "3.5", "one spelling: unused trailing bits must be zero")
def test_a_text_that_would_not_be_written_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        b64.decode(text)
