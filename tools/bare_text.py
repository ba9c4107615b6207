"""Find words in a Jinja template that no translator will ever see.

Owns: what counts as bare text. What stands in ``{{ … }}``, ``{% … %}`` and between ``{% trans %}`` tags is the
template's business and not text.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TRANS = re.compile(r"\{%-?\s*trans\b.*?\{%-?\s*endtrans\s*-?%\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_BLOCK_IN_A_TAG = re.compile(r"<[a-z][^<>]*\{%-?\s*block\s+(\w+)")
_LETTER = re.compile(r"[^\W\d_]")

# Attributes a person reads or hears. `value` only where it labels a button.
_SPOKEN = frozenset({"alt", "title", "placeholder", "label", "aria-label", "aria-description", "aria-valuetext"})
# A language is called by its own name in every language.
_SAME_EVERYWHERE = frozenset({"English", "中文", "简体中文"})


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")  # so that line numbers stay true


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def _see(self, text: str, where: str) -> None:
        words = " ".join(text.split())
        if _LETTER.search(words) and words not in _SAME_EVERYWHERE:
            self.found.append(f"line {self.getpos()[0]}: {where} {words!r}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name, value in attrs:
            is_label = name == "value" and tag == "input" and values.get("type") in ("submit", "button", "reset")
            if value and (name in _SPOKEN or is_label):
                self._see(value, f"{name}=")
            if name == "style" or name.startswith("on"):
                self.found.append(
                    f"line {self.getpos()[0]}: {name}= is inline, which the content security policy forbids"
                )

    def handle_data(self, data: str) -> None:
        self._see(data, "text")


def blocks_in_tags(templates: Iterable[str]) -> frozenset[str]:
    """Names of the blocks that fill an attribute, as ``<main class="{% block width %}…``: no words for people."""
    return frozenset(name for template in templates for name in _BLOCK_IN_A_TAG.findall(template))


def bare_text(template: str, silent_blocks: Iterable[str] = ()) -> list[str]:
    """Each finding with its line; an empty list for a template that is fine.

    ``silent_blocks``: what ``blocks_in_tags`` found in all templates together.
    Script and style elements with content are found as well: the content security policy would not run them.
    """
    silent = [rf"\{{%-?\s*block\s+{name}\b.*?\{{%-?\s*endblock.*?%\}}" for name in silent_blocks]
    for pattern in (_COMMENT, _TRANS, *(re.compile(block, re.DOTALL) for block in silent), _EXPRESSION):
        template = pattern.sub(_blank, template)
    reader = _Reader()
    reader.feed(template)
    reader.close()
    return reader.found
