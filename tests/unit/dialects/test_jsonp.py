"""JSON in a call of ``callback``: the bytes clients cut, and everything real servers send around it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.dialects import jsonp


def test_the_bytes_are_those_that_social_core_and_old_python_clients_cut() -> None:
    body = jsonp.wrap(b'{"a":1}')
    assert body == b'callback( {"a":1} );\n'
    assert body[10:-3] == b'{"a":1} '
    assert body[9:-3] == b' {"a":1} '


@pytest.mark.parametrize(
    "body",
    [
        b'callback( {"a":1} );\n',
        b'callback({"a":1});',
        b'callback({"a":1})',
        b'  cb.x$ ( {"a":1} ) ;\r\n',
        b'{"a":1}',
    ],
)
def test_whatever_is_around_it_the_json_comes_out(body: bytes) -> None:
    assert json.loads(jsonp.unwrap(body)) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"callback", b"callback(", b"access_token=A&expires_in=1", b"(1)(2)"])
def test_what_is_no_call_stays_as_it_is(body: bytes) -> None:
    assert jsonp.unwrap(body) == body


@given(st.dictionaries(st.text(), st.text()))
def test_what_was_wrapped_comes_out_again(members: dict[str, str]) -> None:
    document = json.dumps(members).encode()
    assert jsonp.unwrap(jsonp.wrap(document)) == document


@given(st.text())
def test_no_text_becomes_markup_and_none_is_changed(text: str) -> None:
    document = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).encode()
    escaped = jsonp.escape_markup(document)
    assert json.loads(escaped) == json.loads(document)
    assert not set(escaped) & set(b"<>&")
    assert "\u2028" not in escaped.decode()
