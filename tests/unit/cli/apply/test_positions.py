import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.cli.apply.positions import Path, RepeatedMember, json_lines, toml_lines

TOML = '''\
# a comment with [[brackets]] and "quotes"
title = "a # that is no comment"

[[clients]]
client_id = 'first'
redirect_uris = [
    "https://a.example/", # why
    # nothing here
    """https://b\\
    .example/""", 'https://c.example/',
]

[[clients]]   # second
"client_id" = "second"
nested.deep = { one = 1, "two" = [1979-05-27 07:32:00, 2] }
long = """
[[clients]]
client_id = "not a table"
"""
literal = \'\'\'
it's = "not a key"
\'\'\'
[clients.table]
key = 1.5e3
[[clients.inner]]
x = true
[[clients.inner]]
x = false
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("clients",), 4),
        (("clients", 0), 4),
        (("clients", 0, "client_id"), 5),
        (("clients", 0, "redirect_uris"), 6),
        (("clients", 0, "redirect_uris", 0), 7),
        (("clients", 0, "redirect_uris", 1), 9),
        (("clients", 0, "redirect_uris", 2), 10),
        (("clients", 1), 13),
        (("clients", 1, "client_id"), 14),
        (("clients", 1, "nested", "deep"), 15),
        (("clients", 1, "nested", "deep", "two", 1), 15),
        (("clients", 1, "long"), 16),
        (("clients", 1, "literal"), 20),
        (("clients", 1, "table"), 23),
        (("clients", 1, "table", "key"), 24),
        (("clients", 1, "inner", 0, "x"), 26),
        (("clients", 1, "inner", 1, "x"), 28),
    ],
    ids=str,
)
def test_every_toml_value_is_found_on_its_line(path: Path, line: int) -> None:
    tomllib.loads(TOML)
    assert toml_lines(TOML)[path] == line


def test_a_toml_array_of_inline_tables_is_like_an_array_of_tables() -> None:
    lines = toml_lines('clients = [\n  {client_id = "a"},\n  {client_id = "b", redirect_uris = ["x"]},\n]\n')
    assert lines[("clients", 1)] == 3
    assert lines[("clients", 1, "redirect_uris", 0)] == 3


def test_a_repeated_json_member_is_refused_because_json_would_take_the_last() -> None:
    with pytest.raises(RepeatedMember) as refused:
        json_lines('{"clients": [\n{"client_id": "a",\n "client_id": "b"}]}')
    assert refused.value.line == 3
    assert refused.value.path == ("clients", 0, "client_id")


def test_a_member_repeated_under_another_spelling_is_refused() -> None:
    with pytest.raises(RepeatedMember):
        json_lines(r'{"client_id": 1, "client\u005fid": 2}')


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1, 4]), st.booleans())
def test_json_of_any_shape_is_walked_without_losing_the_place(value: Any, indent: int | None, escape: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escape)
    lines = json_lines(text)
    rows = text.split("\n")
    for path, leaf in _leaves(value, ()):
        if all(isinstance(part, int) or part.isalnum() for part in path):  # escapes in keys are for errors to survive
            assert json.dumps(leaf, ensure_ascii=escape) in rows[lines[path] - 1]


def _leaves(value: Any, path: Path) -> list[tuple[Path, Any]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in _leaves(inner, (*path, index))]
    return [(path, value)]


@given(VALUES.filter(lambda value: isinstance(value, dict)))
def test_toml_strings_and_arrays_of_any_content_end_where_toml_says(value: dict[str, Any]) -> None:
    rows = [f"k{index} = {_toml(inner)}" for index, inner in enumerate(value.values()) if _is_toml(inner)]
    text = "\n".join(rows)
    assert tomllib.loads(text) is not None
    lines = toml_lines(text)
    assert [lines[(f"k{index}",)] for index in range(len(value)) if (f"k{index}",) in lines] == [
        number for number, row in enumerate(rows, start=1)
    ]


def _is_toml(value: Any) -> bool:
    return isinstance(value, str | int | list) and (not isinstance(value, list) or all(map(_is_toml, value)))


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value).replace("\\/", "/").replace("\x7f", "\\u007f") if _writable(value) else '"x"'


def _writable(value: Any) -> bool:
    return not isinstance(value, str) or not any(0xD800 <= ord(char) <= 0xDFFF or ord(char) > 0xFFFF for char in value)
