"""Every sentence people read exists in both languages, whole."""

import io
import re
from collections import Counter
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from lingpai.i18n import LOCALES
from tools.tree import ROOT

PACKAGE = ROOT / "src" / "lingpai"
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf%]|\{\w*\}")

MessageId = str | tuple[str, ...]


@cache
def _messages_in_use() -> dict[MessageId, str]:
    """Message id -> one place that uses it. ``N_("…")`` marks a sentence that is translated elsewhere."""
    found = extract_from_dir(
        PACKAGE,
        method_map=[("**.py", "python"), ("**.html", "jinja2")],
        options_map={"**.html": {"encoding": "utf-8", "trimmed": "true", "silent": "false"}},
        keywords=DEFAULT_KEYWORDS | {"N_": None},
    )
    used: dict[MessageId, str] = {}
    for file, line, message, _comments, _context in found:
        used.setdefault(message, f"{file}:{line}")
        if isinstance(message, tuple):
            used.pop(message[0], None)  # the singular of a pair is not a message of its own
    return used


@cache
def _catalog(locale: str) -> Catalog:
    text = (PACKAGE / "i18n" / locale / "LC_MESSAGES" / "lingpai.po").read_bytes()
    return read_po(io.BytesIO(text), locale=locale)


def _as_tuple(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_is_in_the_catalog(locale: str) -> None:
    catalog = _catalog(locale)
    missing = {message: place for message, place in _messages_in_use().items() if catalog.get(message) is None}
    assert missing == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_translation_is_empty_or_guessed(locale: str) -> None:
    unfinished = [
        entry.id for entry in _catalog(locale) if entry.id and (entry.fuzzy or not all(_as_tuple(entry.string) or [""]))
    ]
    assert unfinished == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_has_the_same_placeholders(locale: str) -> None:
    wrong = {}
    for entry in _catalog(locale):
        if not entry.id:
            continue
        allowed = [Counter(_PLACEHOLDER.findall(text)) for text in _as_tuple(entry.id)]
        for text in _as_tuple(entry.string):
            if Counter(_PLACEHOLDER.findall(text)) not in allowed:
                wrong[entry.id] = text
    assert wrong == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalog_has_nothing_that_nobody_says(locale: str) -> None:
    used = {_as_tuple(message)[0] for message in _messages_in_use()}
    assert [entry.id for entry in _catalog(locale) if entry.id and _as_tuple(entry.id)[0] not in used] == []


def test_both_catalogs_have_the_same_sentences() -> None:
    ids = [{entry.id for entry in _catalog(locale) if entry.id} for locale in LOCALES]
    assert all(each == ids[0] for each in ids)
