"""PKCE with S256, and no way around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.pkce import check_code_challenge, code_challenge_s256, new_code_verifier, verify_code_verifier

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.spec("RFC 7636", "Appendix B", "the example of S256")
def test_the_example_of_the_specification() -> None:
    assert code_challenge_s256(VERIFIER) == CHALLENGE
    assert verify_code_verifier(VERIFIER, CHALLENGE)


@pytest.mark.spec("RFC 7636", "4.1", "a verifier has 256 bit and 43 characters")
def test_a_new_verifier_fits_its_challenge_and_no_other() -> None:
    a, b = new_code_verifier(), new_code_verifier()
    assert a != b
    assert len(a) == 43
    assert verify_code_verifier(a, check_code_challenge(code_challenge_s256(a), "S256"))
    assert not verify_code_verifier(a, code_challenge_s256(b))


@given(st.from_regex(r"\A[A-Za-z0-9._~-]{43,128}\Z"))
@pytest.mark.spec("RFC 7636", "4.6", "the hash of the verifier is compared with the challenge")
def test_every_verifier_the_grammar_allows_works(verifier: str) -> None:
    assert verify_code_verifier(verifier, code_challenge_s256(verifier))
    assert not verify_code_verifier(verifier, CHALLENGE)


@given(st.text())
def test_whatever_comes_is_no_verifier_and_no_error(verifier: str) -> None:
    assert not verify_code_verifier(verifier, CHALLENGE)


@pytest.mark.parametrize("verifier", ["", "a" * 42, "a" * 129, "a" * 42 + "+", "a" * 43 + "\n", "é" * 43])
@pytest.mark.spec("RFC 7636", "4.1", "length and characters of a verifier")
def test_a_malformed_verifier_is_refused_even_if_its_hash_fits(verifier: str) -> None:
    challenge = code_challenge_s256(verifier) if verifier.isascii() else CHALLENGE
    assert not verify_code_verifier(verifier, challenge)


@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512", "S256 "])
@pytest.mark.spec("RFC 9700", "2.1.1", "no method that shows the verifier in the request")
def test_only_s256_is_accepted(method: str | None) -> None:
    with pytest.raises(InvalidRequest, match="code_challenge_method must be S256"):
        check_code_challenge(CHALLENGE, method)


@pytest.mark.parametrize("challenge", ["", CHALLENGE[:-1], CHALLENGE + "=", CHALLENGE + "\n", CHALLENGE[:-1] + "."])
@pytest.mark.spec("RFC 7636", "4.2", "form of the challenge")
def test_a_malformed_challenge_is_refused(challenge: str) -> None:
    with pytest.raises(InvalidRequest, match="43 base64url characters"):
        check_code_challenge(challenge, "S256")


@pytest.mark.parametrize("method", [None, "S256"])
@pytest.mark.spec("RFC 7636", "4.4.1", "a missing challenge is refused")
def test_a_missing_challenge_is_refused(method: str | None) -> None:
    with pytest.raises(InvalidRequest, match="code_challenge is missing"):
        check_code_challenge(None, method)
