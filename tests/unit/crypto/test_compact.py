import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.crypto import b64
from lingpai.crypto.compact import InvalidJws, check_header, read_compact, read_kid, read_unproven_claims


def token_of(header: bytes, payload: bytes, signature: bytes = b"mac") -> str:
    return ".".join(b64.encode(part) for part in (header, payload, signature))


@pytest.mark.spec("RFC 7515", "7.1", "three base64url segments")
def test_a_token_is_taken_apart() -> None:
    token = token_of(b'{"alg":"ES256"}', b"payload")
    parts = read_compact(token)
    assert (parts.header, parts.payload, parts.signature) == ({"alg": "ES256"}, b"payload", b"mac")
    assert parts.signing_input == token.rpartition(".")[0].encode()


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_payload_and_signature_are_the_bytes_that_went_in(payload: bytes, signature: bytes) -> None:
    parts = read_compact(token_of(b"{}", payload, signature))
    assert (parts.payload, parts.signature) == (payload, signature)


@pytest.mark.parametrize("header", [b"[]", b"1", b"", b'{"alg"', b"\xff", b"[" * 5000], ids=lambda h: h[:4].hex())
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    with pytest.raises(InvalidJws, match="header"):
        read_compact(token_of(header, b"{}"))


def test_a_json_serialised_signature_is_no_compact_one() -> None:
    # CVE-2026-96760: an empty list of signatures verified.
    with pytest.raises(InvalidJws, match="compact"):
        read_compact('{"payload":"e30","signatures":[]}')


def test_claims_can_be_read_to_find_whose_keys_verify_them() -> None:
    assert read_unproven_claims(token_of(b"{}", b'{"iss":"a"}')) == {"iss": "a"}
    for token in ("", "a.b", token_of(b"{}", b"[]"), token_of(b"{}", b"x" * 20_000)):
        with pytest.raises(InvalidJws):
            read_unproven_claims(token)


@pytest.mark.parametrize("header", [b'{"kid":"one"}', b'{"kid":1}', b"{}", b"[]"])
def test_a_key_name_is_text_or_none(header: bytes) -> None:
    assert read_kid(token_of(header, b"{}")) == ("one" if b"one" in header else None)


@pytest.mark.spec("RFC 8725", "3.11", "typ tells the kinds of tokens apart")
@pytest.mark.parametrize(
    ("typ", "fits"),
    [("JWT", True), ("jwt", True), ("application/jwt", True), ("at+jwt", False), (None, False), (1, False)],
)
def test_typ_is_compared_as_a_media_type(typ: object, fits: bool) -> None:
    header = {"alg": "ES256"} | ({} if typ is None else {"typ": typ})
    if fits:
        assert check_header(header, typ=("jwt",), algs=("ES256",)) == "ES256"
    else:
        with pytest.raises(InvalidJws, match="typ"):
            check_header(header, typ=("jwt",), algs=("ES256",))
