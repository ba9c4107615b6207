"""What a dialect hands over."""

from lingpai.dialects import standard
from lingpai.dialects.base import Dialect, RemoteError, UnreadableResponse, WireBody


def test_an_answer_does_not_show_its_body() -> None:
    assert repr(WireBody(200, "application/json", b"s3cret")) == (
        "WireBody(status=200, content_type='application/json', 6 bytes)"
    )


def test_a_remote_error_says_what_the_other_side_said() -> None:
    assert str(RemoteError("invalid_grant", "the code is expired", 400)) == (
        "invalid_grant: the code is expired (HTTP 400)"
    )
    assert str(RemoteError("invalid_grant", "", 400)) == "invalid_grant (HTTP 400)"


def test_an_unreadable_response_is_caught_as_a_remote_error() -> None:
    error = UnreadableResponse("not a JSON object", 502)
    assert isinstance(error, RemoteError)
    assert (error.code, error.status) == ("unreadable_response", 502)


def test_the_module_of_a_dialect_is_a_dialect() -> None:
    dialect: Dialect = standard  # mypy proves it
    assert dialect.NAME == "standard"
