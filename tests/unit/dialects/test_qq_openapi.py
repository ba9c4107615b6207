"""Answers of QQ Connect's APIs as JSON and XML."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.dialects import qq_openapi
from lingpai.dialects.base import RemoteError, UnreadableResponse, WireBody

NAMES = ("album", "name", "desc", "photos", "large_image", "x")
VALUES = st.recursive(
    st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.dictionaries(st.sampled_from(NAMES), VALUES)


@given(MEMBERS, st.booleans())
def test_a_result_that_was_written_is_read_again(members: dict[str, object], spaced: bool) -> None:
    assert qq_openapi.read_result(qq_openapi.write_result(members, spaced=spaced)) == {"ret": 0, "msg": "", **members}


@given(MEMBERS)
def test_xml_is_well_formed_whatever_it_holds(members: dict[str, object]) -> None:
    document = ET.fromstring(qq_openapi.write_result(members, format="xml").body)  # noqa: S314 - our own
    assert document.tag == "data"
    assert [child.tag for child in document][-2:] == ["msg", "ret"]


def test_the_photo_service_writes_blanks_around_colons() -> None:
    body = qq_openapi.write_result({"album": [{"name": "贴图"}]}, spaced=True).body.decode()
    assert body == '{"ret" : 0,"msg" : "","album" : [{"name" : "贴图"}]}'


def test_a_list_in_xml_is_its_element_once_for_each_item() -> None:
    body = qq_openapi.write_result({"album": [{"name": "a<b"}, {"name": "c"}], "albumnum": 2}, format="xml").body
    assert body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><data><album><name>a&lt;b</name></album><album><name>c</name></album>'
        "<albumnum>2</albumnum><msg></msg><ret>0</ret></data>"
    )


@pytest.mark.parametrize("content", [b'{"ret":-23,"msg":"token is invalid"}', b'callback( {"error":-23} );'])
def test_a_refusal_is_read_as_one(content: bytes) -> None:
    with pytest.raises(RemoteError) as refused:
        qq_openapi.read_result(WireBody(200, "text/html", content))
    assert refused.value.code == "-23"


@pytest.mark.parametrize(("content", "status"), [(b"[]", 200), (b"busy", 200), (b"{}", 502)])
def test_what_is_neither_is_unreadable(content: bytes, status: int) -> None:
    with pytest.raises(UnreadableResponse):
        qq_openapi.read_result(WireBody(status, "text/html", content))


def test_json_sent_as_a_page_holds_no_markup() -> None:
    body = qq_openapi.write_result({"nickname": "<script>alert(1)</script>&"}).body
    assert b"<" not in body
    assert b"&" not in body
    assert json.loads(body)["nickname"] == "<script>alert(1)</script>&"
