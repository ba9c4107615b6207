"""The reference pages say what the code says."""

import pytest

from lingpai.server.config import SETTINGS, Config
from lingpai.server.setting_values import explanations
from tools.reference import FOLDER, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_reference_page_is_fresh(page: str) -> None:
    assert (FOLDER / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


def test_every_setting_is_explained() -> None:
    explained = explanations(Config)
    assert [name for name in SETTINGS if not explained.get(name)] == []


def test_there_are_at_most_60_settings() -> None:
    # a wish for one more must show why a better default will not do
    assert len(SETTINGS) <= 60
