"""Parameters are decoded exactly once, and everything odd is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, encode_params, parse_params

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


@given(st.lists(st.tuples(PRINTABLE, PRINTABLE.filter(bool)), unique_by=lambda pair: pair[0]))
def test_what_is_encoded_is_decoded(pairs: list[tuple[str, str]]) -> None:
    assert parse_params(encode_params(pairs)).items() == pairs


@given(st.binary() | st.text())
def test_whatever_comes_is_decoded_or_refused(encoded: bytes | str) -> None:
    try:
        params = parse_params(encoded)
    except InvalidRequest:
        return
    assert all(value for _, value in params.items())


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        pytest.param("a=b", "b", id="plain"),
        pytest.param("a=b+c", "b c", id="a plus is a space"),
        pytest.param("a=b%2Bc", "b+c", id="an escaped plus is a plus"),
        pytest.param("a=b%20c", "b c", id="an escaped space"),
        pytest.param("a=%2520", "%20", id="decoded once, not twice"),
        pytest.param("a=%E4%BB%A4%e7%89%8c", "令牌", id="UTF-8"),
        pytest.param("a=令牌", "令牌", id="UTF-8 that was not escaped"),
        pytest.param("a=b=c", "b=c", id="an equals sign in the value"),
        pytest.param("&&a=b&", "b", id="stray separators"),
        pytest.param("%61=b", "b", id="an escaped name"),
        pytest.param("a=b;c=d", "b;c=d", id="a semicolon separates nothing"),
        pytest.param("a=", None, id="empty"),
        pytest.param("a", None, id="without an equals sign"),
        pytest.param("", None, id="nothing at all"),
    ],
)
@pytest.mark.spec("RFC 6749", "Appendix B", "application/x-www-form-urlencoded in UTF-8")
def test_a_value_is_decoded(encoded: str, value: str | None) -> None:
    assert parse_params(encoded).get("a") == value
    assert parse_params(encoded.encode()).get("a") == value


@pytest.mark.spec("RFC 6749", "3.1", "a parameter without a value is treated as omitted")
def test_a_parameter_without_value_is_absent() -> None:
    params = parse_params("a=&b&c=1")
    assert list(params) == ["c"]
    assert "a" not in params
    assert params.get_all("a") == ()
    with pytest.raises(InvalidRequest, match="a is missing"):
        params.require("a")


@pytest.mark.parametrize(
    "encoded", ["state=1&state=2", "state=1&state=1", "state=&state=1", "state&state", "%73tate=1&state=1"]
)
@pytest.mark.spec("RFC 6749", "3.1", "a parameter must not be included more than once")
def test_a_repeated_parameter_is_refused(encoded: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_params(encoded)
    assert refusal.value.description == "state is sent more than once"


@pytest.mark.spec("RFC 8707", "2", "resource may be repeated")
def test_parameters_that_may_repeat_do() -> None:
    params = parse_params("resource=a&resource=&resource=b")
    assert params.get("resource") == "a"
    assert params.get_all("resource") == ("a", "b")
    assert params.items() == [("resource", "a"), ("resource", "b")]


@pytest.mark.parametrize(
    ("encoded", "description"),
    [
        pytest.param(b"a=%00", "the value of a has a control character", id="NUL"),
        pytest.param(b"a=b%0D%0Ac", "the value of a has a control character", id="CR LF"),
        pytest.param(b"a=\t", "the value of a has a control character", id="a tab that was not escaped"),
        pytest.param(b"a=%7F", "the value of a has a control character", id="DEL"),
        pytest.param(b"a%00=b", "a parameter name has a control character", id="NUL in the name"),
        pytest.param(b"a=%FF", "the value of a is not UTF-8", id="not UTF-8"),
        pytest.param(b"a=\xff", "the value of a is not UTF-8", id="not UTF-8 and not escaped"),
        pytest.param(b"a=%C0%80", "the value of a is not UTF-8", id="overlong NUL"),
        pytest.param(b"a=%ED%A0%80", "the value of a is not UTF-8", id="a lone surrogate"),
        pytest.param(b"%ff=b", "a parameter name is not UTF-8", id="a name that is not UTF-8"),
        pytest.param(b"a=%", "the value of a has a broken percent escape", id="a lone percent sign"),
        pytest.param(b"a=%4", "the value of a has a broken percent escape", id="half an escape"),
        pytest.param(b"a=%zz", "the value of a has a broken percent escape", id="no hexadecimal"),
        pytest.param(b'<"\\>=%', "the value of ???? has a broken percent escape", id="a name unfit for the answer"),
        pytest.param("令=%".encode(), "the value of ? has a broken percent escape", id="a Chinese name"),
        pytest.param(b"=%", "the value of a parameter without a name has a broken percent escape", id="no name"),
        pytest.param(b"n" * 99 + b"=%", f"the value of {'n' * 60} has a broken percent escape", id="a long name"),
    ],
)
def test_bad_input_is_refused_by_name(encoded: bytes, description: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_params(encoded)
    assert refusal.value.description == description


def test_a_lone_surrogate_in_text_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        parse_params("a=\ud800")


def test_sizes_are_limited() -> None:
    parse_params(b"a=" + b"x" * 98, limit_bytes=100)
    with pytest.raises(InvalidRequest, match="longer than 100 bytes"):
        parse_params(b"a=" + b"x" * 99, limit_bytes=100)
    parse_params("a=" + "x" * 16_384)
    with pytest.raises(InvalidRequest, match="a is longer than 16384 bytes"):
        parse_params("a=" + "x" * 16_385)
    with pytest.raises(InvalidRequest, match="a is longer than 5 bytes"):
        parse_params("a=%E4%BB%A4%E7%89%8C", value_limit_bytes=5)


def test_the_number_of_parameters_is_limited() -> None:
    assert len(parse_params("&".join(f"p{n}=1" for n in range(100)))) == 100
    with pytest.raises(InvalidRequest, match="more than 100 parameters"):
        parse_params("&".join(f"p{n}=1" for n in range(101)))


def test_parameters_do_not_show_their_values() -> None:
    params = parse_params("client_id=app&client_secret=s3cret")
    assert repr(params) == "Params(client_id, client_secret)"


def test_parameters_are_values() -> None:
    assert parse_params("a=1&b=2") == parse_params("b=2&a=1") == Params({"a": ("1",), "b": ("2",)})
    assert hash(parse_params("a=1&b=2")) == hash(parse_params("b=2&a=1"))
    assert parse_params("a=1") != parse_params("a=2")
    assert parse_params("a=1") != {"a": "1"}
    assert parse_params("a=1").require("a") == "1"
    assert "a" in parse_params("a=1")
