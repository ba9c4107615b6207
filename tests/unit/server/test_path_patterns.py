"""Paths with ids in them."""

import pytest

from lingpai.server.path_patterns import PathPatterns, compile_pattern

PATTERNS = PathPatterns([("/a/{client_id}", 1), ("/a/{client_id}/b", 2), ("/t/{team_id}", 3), ("/x.y/{reference}", 4)])


@pytest.mark.parametrize(
    ("path", "value", "ids"),
    [
        ("/a/shop-1", 1, {"client_id": "shop-1"}),
        ("/a/shop-1/b", 2, {"client_id": "shop-1"}),
        ("/t/" + "0a" * 16, 3, {"team_id": "0a" * 16}),
        ("/x.y/0123456789abcdef", 4, {"reference": "0123456789abcdef"}),
    ],
)
def test_a_path_finds_its_value_and_ids(path: str, value: int, ids: dict[str, str]) -> None:
    found = PATTERNS.find(path)
    assert found is not None
    assert found[1:] == (value, ids)


@pytest.mark.parametrize(
    "path",
    [
        "/a/",
        "/a/x/",
        "/a/x/c",
        "/a/é",
        "/a/x\n",
        "/t/0A" + "00" * 15,
        "/t/00",
        "/xzy/0123456789abcdef",
        "a/x",
        "//a/x",
        "/a/x y",
    ],
)
def test_what_does_not_fit_finds_nothing(path: str) -> None:
    assert PATTERNS.find(path) is None


def test_a_kind_of_id_without_a_shape_is_refused_at_start() -> None:
    with pytest.raises(KeyError):
        compile_pattern("/a/{something}")
