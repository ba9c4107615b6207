"""Languages: who gets which, dates in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.i18n import LOCALE_NAMES, LOCALES, load_translators, negotiate

AT = 1_795_400_000  # 2026-11-23 02:13:20 UTC


@pytest.mark.parametrize(
    ("ui_locales", "cookie", "accept_language", "expected"),
    [
        pytest.param(None, None, None, "en", id="nothing said: the default"),
        pytest.param(None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh_CN", id="the browser's language"),
        pytest.param(None, None, "en-GB;q=0.5, zh-Hans-CN;q=0.8", "zh_CN", id="the better liked of two"),
        pytest.param(None, None, "zh;q=0, en", "en", id="a refused language"),
        pytest.param(None, None, "zh;q=0", "en", id="nothing but a refused language"),
        pytest.param(None, None, "fr, zh-TW;q=0.3", "zh_CN", id="the first we have"),
        pytest.param(None, None, "EN-us", "en", id="letter case does not matter"),
        pytest.param(None, None, "*", "en", id="anything goes"),
        pytest.param(None, None, "zh;q=2", "en", id="a weight that is none"),
        pytest.param("zh-CN en", None, "en", "zh_CN", id="the application before the browser"),
        pytest.param("fr de", None, "zh", "zh_CN", id="the application asks for none we have"),
        pytest.param("en", "zh_CN", "en", "zh_CN", id="the person's choice before the application"),
        pytest.param(None, "xx_XX", "zh", "zh_CN", id="an unknown choice"),
        pytest.param("zh-CN\r\nset-cookie: a=b", None, None, "en", id="rubbish"),
    ],
)
@pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1", "ui_locales is honoured in order of preference")
def test_the_reader_gets_their_language(
    ui_locales: str | None, cookie: str | None, accept_language: str | None, expected: str
) -> None:
    assert negotiate(ui_locales, cookie, accept_language, "en") == expected


@given(st.text(), st.text(), st.text())
def test_whatever_is_sent_yields_a_language_we_have(ui_locales: str, cookie: str, accept_language: str) -> None:
    assert negotiate(ui_locales, cookie, accept_language, "en") in LOCALES


def test_a_sentence_comes_back_in_the_readers_language() -> None:
    translators = load_translators()
    assert translators["en"].gettext("Sign in") == "Sign in"
    assert translators["zh_CN"].gettext("Sign in") == "登录"
    assert translators["zh_CN"].gettext("nobody says this") == "nobody says this"


def test_numbers_choose_the_form_their_language_has() -> None:
    translators = load_translators()
    pair = ("You already allowed %(num)d permission", "You already allowed %(num)d permissions")
    assert [translators["en"].ngettext(*pair, n) for n in (1, 2)] == list(pair)
    assert translators["zh_CN"].ngettext(*pair, 2) == "你之前已经允许了 %(num)d 项权限"


def test_dates_are_written_as_the_reader_writes_them() -> None:
    translators = load_translators()
    assert translators["en"].day(AT) == "November 23, 2026"
    assert translators["zh_CN"].day(AT) == "2026年11月23日"
    assert "UTC" in translators["en"].moment(AT)
    assert "2026年11月23日" in translators["zh_CN"].moment(AT)
    assert translators["zh_CN"].iso(AT) == "2026-11-23T02:13:20Z"


def test_every_language_has_a_name_and_a_tag() -> None:
    assert tuple(LOCALE_NAMES) == LOCALES
    assert [translator.language_tag for translator in load_translators().values()] == ["en", "zh-CN"]
