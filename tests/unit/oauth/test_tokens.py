"""``TokenResponse`` keeps its tokens to itself."""

from lingpai.oauth.tokens import TokenResponse


def test_a_token_response_does_not_show_its_tokens() -> None:
    response = TokenResponse(
        access_token="s3cret-a", refresh_token="s3cret-r", id_token="s3cret-i", scope="openid", extra={"x": "s3cret-x"}
    )
    assert "s3cret" not in repr(response)
    assert "openid" in repr(response)
