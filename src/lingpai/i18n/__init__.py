"""The languages of the pages: which there are, which one a reader gets, and the catalogs.

Owns: the gettext catalogs beside this file, dates, choosing a locale. Leaves: the sentences to the templates (English
is the source language), how dates are written to Babel, remembering a choice to the server's cookies. Protocol text
(``error_description``) is never translated.

To add a sentence: write it in a template, then add it to both ``.po`` files; ``tests/unit/i18n`` names what is missing.
"""

import gettext
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path

LOCALES = ("en", "zh_CN")

LOCALE_NAMES = {"en": "English", "zh_CN": "简体中文"}
"""What each language calls itself: shown in the language switch, never translated."""

_HEADER_LIMIT_CHARS = 500
_LANGUAGE_RANGE = re.compile(r"([A-Za-z]{1,8})(?:[-_][A-Za-z0-9]{1,8})*\Z")
_QUALITY = re.compile(r"q=([01](?:\.\d{0,3})?)\Z")


class Translator:
    """The catalog of one locale, read from its ``.po`` file when the first sentence is asked for."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    @property
    def language_tag(self) -> str:
        """The locale as HTML and HTTP write it. Spec: RFC 5646 §2.1"""
        return self.locale.replace("_", "-")

    @cached_property
    def _catalog(self) -> gettext.NullTranslations:
        # Importing Babel takes as long as a tenth of our start; a server waits for it only when somebody reads a page.
        from babel.messages.mofile import write_mo  # noqa: PLC0415 - as said
        from babel.messages.pofile import read_po  # noqa: PLC0415 - as said

        path = Path(__file__).parent / self.locale / "LC_MESSAGES" / "lingpai.po"
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=self.locale))
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)

    def gettext(self, message: str) -> str:
        """``message`` in this language, or itself where the catalog lacks it."""
        return self._catalog.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The form of the message this language uses for ``n`` things."""
        return self._catalog.ngettext(singular, plural, n)

    def day(self, at: int) -> str:
        """The date of an instant (epoch seconds, UTC) in full: ``November 23, 2026``, ``2026年11月23日``."""
        from babel.dates import format_date  # noqa: PLC0415 - as in _catalog

        return format_date(_utc(at), "long", locale=self.locale)

    def moment(self, at: int) -> str:
        """Date and time of day of an instant (epoch seconds), in UTC and saying so."""
        from babel.dates import format_datetime  # noqa: PLC0415 - as in _catalog

        return format_datetime(_utc(at), "long", locale=self.locale)

    def iso(self, at: int) -> str:
        """An instant (epoch seconds) for machines: ``2026-11-23T03:46:00Z``."""
        return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def load_translators() -> dict[str, Translator]:
    """A translator for each of ``LOCALES``. Cheap: catalogs are read on first use."""
    return {locale: Translator(locale) for locale in LOCALES}


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, tz=UTC)


def negotiate(ui_locales: str | None, cookie: str | None, accept_language: str | None, default: str) -> str:
    """The locale a reader gets: what they chose on our pages, then what the application asked for, then the browser.

    The person's own choice (``cookie``) comes before ``ui_locales``: a switch that an application could hold fast
    would be no switch. Anything unreadable counts as absent.

    Spec: OpenID Connect Core 1.0 §3.1.2.1; RFC 9110 §12.5.4
    """
    if cookie in LOCALES:
        return str(cookie)
    wanted = [*(ui_locales or "")[:_HEADER_LIMIT_CHARS].split(" "), *_languages_by_quality(accept_language or "")]
    return next((found for found in map(_closest, wanted) if found), default)


def _languages_by_quality(accept_language: str) -> Iterator[str]:
    """The language ranges of the header, best first; those with ``q=0`` are refusals and left out."""
    weighted: list[tuple[float, str]] = []
    for item in accept_language[:_HEADER_LIMIT_CHARS].split(","):
        language, _, parameter = item.partition(";")
        quality = _QUALITY.match(parameter.strip()) if parameter else None
        weight = float(quality[1]) if quality else float(not parameter)
        if weight > 0:
            weighted.append((weight, language.strip()))
    weighted.sort(key=lambda pair: -pair[0])
    return (language for _, language in weighted)


def _closest(language_range: str) -> str | None:
    """Our locale for a BCP 47 tag. Every Chinese and every English is served by the one we have."""
    match = _LANGUAGE_RANGE.match(language_range)
    return {"en": "en", "zh": "zh_CN"}.get(match[1].lower()) if match else None
