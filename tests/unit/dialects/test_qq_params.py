"""What the dialect forgives in a request, and what it does not."""

import pytest

from lingpai.dialects.qq_params import merge_params, read_multipart
from lingpai.oauth.errors import InvalidRequest


def test_query_and_body_are_one() -> None:
    params = merge_params(b"fmt=json", b"client_id=1&client_secret=s")
    assert dict(params.items()) == {"fmt": "json", "client_id": "1", "client_secret": "s"}


@pytest.mark.parametrize("query", [b"a=1&a=1", b"a=%31&a=1", b"a=1&b=2&a=1"])
def test_the_same_thing_said_twice_counts_once(query: bytes) -> None:
    assert merge_params(query, b"a=1").get_all("a") == ("1",)


@pytest.mark.parametrize("body", [b"a=2", b"a=", b"a=1%20"])
def test_two_different_values_are_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="a is sent more than once"):
        merge_params(b"a=1", body)


def test_an_unencoded_callback_is_read() -> None:
    assert merge_params(b"redirect_uri=http://localhost:3000/cb").get("redirect_uri") == "http://localhost:3000/cb"


def form(*parts: bytes) -> tuple[str, bytes]:
    return "multipart/form-data; boundary=XX", b"".join(b"--XX\r\n" + part + b"\r\n" for part in parts) + b"--XX--\r\n"


def test_a_form_with_a_file_is_read() -> None:
    fields, files = read_multipart(
        *form(
            b'Content-Disposition: form-data; name="photodesc"\r\n\r\n' + "照片 & more".encode(),
            b'Content-Disposition: form-data; name="picture"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
            b"\x89PNG\r\n\x1a\n\x00\xff",
        )
    )
    assert merge_params(fields).get("photodesc") == "照片 & more"
    assert files["picture"].content == b"\x89PNG\r\n\x1a\n\x00\xff"
    assert (files["picture"].filename, files["picture"].content_type) == ("a.png", "image/png")
    assert "PNG" not in repr(files["picture"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--XX\r\n\r\n--XX--"),
        ("multipart/form-data; boundary=XX", b""),
        ("multipart/form-data; boundary=XX", b"nothing"),
        form(b"Content-Disposition: form-data\r\n\r\nx"),
        form(b'Content-Disposition: form-data; name="a"\r\n\r\n\xff'),
        form(b'Content-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 20_000),
        form(*[b'Content-Disposition: form-data; name="p"; filename="f"\r\n\r\nx'] * 2),
        form(*[b'Content-Disposition: form-data; name="p"\r\n\r\nx'] * 60),
    ],
    ids=["no boundary", "empty", "no parts", "no name", "not UTF-8", "long", "two files", "many"],
)
def test_a_broken_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_multipart(content_type, body)
