"""The reference pages say what the code says."""

import pytest

from lingpai.server.config import Config
from tools.reference import FOLDER, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_reference_page_is_fresh(page: str) -> None:
    assert (FOLDER / page).read_text(encoding="utf-8") == PAGES[page](), "run `make docs`"


def test_every_setting_is_explained() -> None:
    assert [name for name, field in Config.model_fields.items() if not field.description] == []


def test_there_are_at_most_60_settings() -> None:
    # a wish for one more must show why a better default will not do
    assert len(Config.model_fields) <= 60
