"""Every reason a callback may be refused for has a name, and what was probably meant is suggested."""

import re
from pathlib import Path

import pytest

from lingpai.oauth import redirect_uri
from lingpai.server.portal.callbacks import LIMIT_COUNT, PROBLEMS, judge, judge_all


@pytest.mark.parametrize(
    ("typed", "kind", "problem", "suggestion"),
    [
        ("https://a.example/cb", "web", "", ""),
        ("http://localhost:3000/cb", "web", "", ""),
        ("com.example.app:/cb", "native", "", ""),
        ("http://a.example/cb", "web", "http", "https://a.example/cb"),
        ("https://a.example/cb#top", "web", "fragment", "https://a.example/cb"),
        ("a.example/cb", "web", "relative", "https://a.example/cb"),
        ("/cb", "web", "relative", ""),
        ("https://a.example/回调", "web", "character", ""),
        ("com.example.app:/cb", "web", "not_https", ""),
        ("app:/cb", "native", "scheme", ""),
        ("https://good@evil.example/", "web", "user_name", ""),
        ("https:///cb", "web", "no_host", ""),
        ("https://a..b/", "web", "host", ""),
        ("https://a.example:99999/", "web", "port", ""),
        ("https://a.example/x/../y", "web", "dots", ""),
        ("https://a.example/%00", "web", "encoded", ""),
        ("https://a.example/" + "x" * 2048, "web", "long", ""),
        ("javascript:alert(1)", "web", "not_https", ""),
        ("", "web", "empty", ""),
    ],
)
def test_a_callback_is_judged(typed: str, kind: str, problem: str, suggestion: str) -> None:
    verdict = judge(typed, kind)
    assert (verdict.problem, verdict.suggestion) == (problem, suggestion)


def test_every_reason_there_is_has_a_name_of_its_own() -> None:
    source = Path(redirect_uri.__file__).read_text(encoding="utf-8")
    reasons = re.findall(r'InvalidRedirectUri\(f?"([^"]+)"\)', source)
    assert len(reasons) > 10
    unnamed = [r for r in reasons if not any(r.startswith(beginning) for beginning, _ in PROBLEMS)]
    assert unnamed == []


@pytest.mark.parametrize(
    ("typed", "remarks"),
    [
        ("http://localhost/", ("local",)),
        ("https://a.example", ("no_path",)),
        ("https://a.example/?x=1", ("query",)),
        ("https://A.example/", ("upper_case",)),
        ("https://a.example/cb", ()),
    ],
)
def test_what_is_rarely_meant_is_remarked_upon(typed: str, remarks: tuple[str, ...]) -> None:
    assert judge(typed, "web").remarks == remarks


def test_empty_lines_and_repetitions_are_nothing() -> None:
    assert [v.uri for v in judge_all(" https://a.example/ \n\n\nhttps://a.example/\n", "web")] == ["https://a.example/"]


def test_no_more_lines_are_read_than_it_takes_to_see_that_there_are_too_many() -> None:
    typed = "\n".join(f"https://a.example/{number}" for number in range(500))
    assert len(judge_all(typed, "web")) == LIMIT_COUNT + 1
