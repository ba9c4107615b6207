import pytest

from tests.unit.examples.stand_in import Town


@pytest.fixture
def town() -> Town:
    return Town()
