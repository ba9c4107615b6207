"""Whatever a parser is given, it returns or refuses in its own words, and soon."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lingpai.cli.apply.check import Known, check_document
from lingpai.cli.apply.document import DocumentInvalid, read_document
from tests.fuzz.inputs import as_bytes, bounded_time, changed, texts, written
from tests.fuzz.targets import Target, json_targets, text_targets

DEMO = (Path(__file__).parents[2] / "examples" / "demo.toml").read_text(encoding="utf-8")
CLIENT = {
    "client_id": "app",
    "client_name": "App",
    "redirect_uris": ["https://app.test/cb"],
    "scope": "list_album",
    "grant_types": ["authorization_code"],
}

# There are many: each gets half as many inputs as other tests do.
fuzzing = settings(max_examples=settings().max_examples // 2, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("target", [*text_targets(), *json_targets()], ids=lambda target: target.name)
@fuzzing
@given(data=st.data())
def test_it_parses_or_refuses(target: Target, data: st.DataObject) -> None:
    given_: Any = data.draw(target.inputs)
    with bounded_time(), suppress(*target.refusals):
        target.parse(given_)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@fuzzing
@given(document=texts(DEMO[:1500], *DEMO.split("\n\n")))
def test_a_toml_file_is_read_or_refused(folder: Path, document: str) -> None:
    apply(folder / "apply.toml", document)


@fuzzing
@given(
    document=st.fixed_dictionaries(
        {"clients": st.lists(changed(CLIENT, "jwks", "legacy", "contacts"), max_size=2)}
    ).map(written)
    | texts(written({"clients": [CLIENT]}), '{"scopes": [{"name": "a", "descriptions": {"en": "b"}}], "x": [1, {}]}')
)
def test_a_json_file_is_read_or_refused(folder: Path, document: str) -> None:
    apply(folder / "apply.json", document)


def apply(file: Path, text: str) -> None:
    file.write_bytes(as_bytes(text))
    with bounded_time(), suppress(DocumentInvalid):
        check_document(read_document(file), Known())
