"""Every refusal carries its registered code and says nothing a header or JSON could not carry."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth import errors
from lingpai.oauth.errors import InvalidRequest, OAuthError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OAuthError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_refusal_is_named_after_its_code(kind: type[OAuthError]) -> None:
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    assert kind.code == words or kind is OAuthError
    assert 400 <= kind.status < 600
    assert str(kind("why")) == f"{kind.code}: why"


def test_the_operators_detail_is_kept_apart() -> None:
    error = InvalidRequest("what the developer reads", detail="what the operator reads")
    assert (error.description, error.detail) == ("what the developer reads", "what the operator reads")
    assert str(InvalidRequest(detail="only this")) == "invalid_request: only this"


@given(st.text())
@pytest.mark.spec("RFC 6749", "5.2", "characters of error_description")
def test_a_description_has_only_characters_the_specification_allows(text: str) -> None:
    allowed = all(character in " !" or "#" <= character <= "[" or "]" <= character <= "~" for character in text)
    if allowed:
        assert InvalidRequest(text).description == text
    else:
        with pytest.raises(ValueError, match="forbids"):
            InvalidRequest(text)
