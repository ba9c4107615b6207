import pytest

from lingpai.crypto.jws import Signer
from lingpai.guard import Verifier
from lingpai.oauth.errors import InvalidToken
from tests.unit.guard.foreign_server import NOW, token_of


async def test_clocks_may_differ_by_the_leeway_and_no_more(verifier: Verifier, signer: Signer) -> None:
    assert await verifier.check(token_of(signer, exp=NOW - 4), NOW)
    with pytest.raises(InvalidToken):
        await verifier.check(token_of(signer, exp=NOW - 5), NOW)
    assert await verifier.check(token_of(signer, iat=NOW + 5), NOW)
    with pytest.raises(InvalidToken):
        await verifier.check(token_of(signer, iat=NOW + 6), NOW)
