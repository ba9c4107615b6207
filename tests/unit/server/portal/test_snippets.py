"""Code to begin with: whatever stands in a name or a callback, it stays a text in that code."""

import ast
import re

import pytest

from lingpai.server.portal.becoming import KINDS, ApplicationKind, new_client
from lingpai.server.portal.snippets import snippets
from lingpai.server.storage.records import Client

ISSUER = "https://auth.example.com"
NASTY = "https://a.example/'\"$(id)`id`{x}\\"


def _client(kind: ApplicationKind, *, with_qq: bool = False, callback: str = "https://a.example/cb") -> Client:
    client = new_client(kind, name=NASTY, with_qq=with_qq, team_id=b"t", id_token_alg="RS256", now=0)
    return Client(**{name: getattr(client, name) for name in client.__struct_fields__} | {"redirect_uris": (callback,)})


@pytest.mark.parametrize("kind", KINDS)
def test_the_python_parses_and_holds_exactly_the_values(kind: ApplicationKind) -> None:
    client = _client(kind, callback=NASTY)
    programs = [snippet for snippet in snippets(client, issuer=ISSUER) if snippet.title.startswith("Python")]
    assert programs
    for program in programs:
        texts = {node.value for node in ast.walk(ast.parse(program.text)) if isinstance(node, ast.Constant)}
        assert client.client_id in texts
        assert NASTY in texts or kind == "machine" or program.name == "device"


def test_markup_cannot_be_broken_out_of() -> None:
    button = snippets(_client("web"), issuer=ISSUER)[0]
    assert NASTY not in button.text


def test_a_shell_sees_one_word() -> None:
    curl = next(
        snippet for snippet in snippets(_client("web", callback=NASTY), issuer=ISSUER) if snippet.title == "curl"
    )
    quoted = re.search(r"--data-urlencode (.*)", curl.text)
    assert quoted
    assert quoted[1] == "'redirect_uri=https://a.example/'\"'\"'\"$(id)`id`{x}\\'"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("with_qq", [False, True])
def test_every_kind_has_some_and_none_has_a_secret(kind: ApplicationKind, with_qq: bool) -> None:
    found = snippets(_client(kind, with_qq=with_qq), issuer=ISSUER)
    assert found
    assert all(
        "client_secret=" not in snippet.text.replace("client_secret=os.environ", "").replace("client_secret=None", "")
        for snippet in found
    )
