"""Looks a page over with axe-core and measures whether it fits its window.

Owns: what is measured, and in which looks (theme and width). Leaves: which pages to the tests.
"""

from functools import cache
from importlib.resources import files
from typing import Literal

from msgspec import Struct
from playwright.sync_api import Page

_VIOLATIONS = """() => axe.run({ resultTypes: ['violations'], preload: false }).then(results =>
  results.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.id} (${rule.help}): ${node.target.join(' ')}: ${node.failureSummary}`)))"""
_TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Look(Struct, frozen=True):
    """How somebody sees a page. ``width`` in CSS pixels; 360 is a small phone."""

    theme: Literal["light", "dark"]
    width: int

    def apply(self, page: Page) -> None:
        """Show the page like this."""
        page.emulate_media(color_scheme=self.theme)
        page.set_viewport_size({"width": self.width, "height": 740})


def find_problems(page: Page, looks: tuple[Look, ...]) -> list[str]:
    """Everything axe-core finds on the page in each look, and whether it must be scrolled sideways."""
    page.evaluate(_axe())
    problems: list[str] = []
    for look in looks:
        look.apply(page)
        found: list[str] = page.evaluate(_VIOLATIONS)
        too_wide: int = page.evaluate(_TOO_WIDE)
        if too_wide > 0:
            found.append(f"{too_wide} px too wide")
        problems += [f"{look.theme}, {look.width} px: {problem}" for problem in found]
    return problems


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
