"""Keys that proofs bring along: read once, believed only with their own signature."""

import pytest

from lingpai.crypto.compact import InvalidJws
from lingpai.crypto.own_key import OwnKeyVerifier
from tests.proofs import Prover


@pytest.fixture
def verifier() -> OwnKeyVerifier:
    return OwnKeyVerifier(typ=("dpop+jwt",), algs=("ES256",), limit_bytes=8192, keys_limit=2)


def test_a_key_is_the_same_whether_it_was_seen_before_or_not(verifier: OwnKeyVerifier) -> None:
    prover = Prover()
    for count in range(3):
        claims, thumbprint = verifier.verify(prover.prove("GET", "https://x.example", now=count))
        assert (claims["iat"], thumbprint) == (count, prover.jkt)


def test_more_keys_than_are_remembered_are_as_good(verifier: OwnKeyVerifier) -> None:
    provers = [Prover() for _ in range(5)]
    for _ in range(2):
        for prover in provers:
            assert verifier.verify(prover.prove("GET", "https://x.example", now=0))[1] == prover.jkt


def test_a_key_that_signed_nothing_pushes_no_other_out(verifier: OwnKeyVerifier) -> None:
    good = Prover()
    verifier.verify(good.prove("GET", "https://x.example", now=0))
    for _ in range(5):
        header, payload, _ = Prover().prove("GET", "https://x.example", now=0).split(".")
        with pytest.raises(InvalidJws, match="signature"):
            verifier.verify(f"{header}.{payload}.AAAA")
    assert len(verifier._keys) == 1  # noqa: SLF001 - how much is kept shows nowhere else
