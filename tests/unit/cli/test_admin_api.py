"""Commands that go through the admin API do the same to the database here and to a server elsewhere."""

import json
from pathlib import Path

import httpx2
import pytest

from lingpai.cli.refusal import Refused
from lingpai.cli.remote import AdminApi, answered
from tests.unit.cli.terminal import Lingpai


@pytest.fixture
def filled(home: Path, lingpai: Lingpai) -> Path:
    """A database with an account and two applications."""
    ended = lingpai("account", "create", "zhangsan", "--password-stdin", stdin="correct horse battery 9\n")
    assert ended.status == 0, ended.err
    for name in ("print", "photos"):
        ended = lingpai("client", "create", name, "--client-id", name, "--redirect-uri", "https://p.example/cb")
        assert ended.status == 0, ended.err
    return home


@pytest.mark.usefixtures("filled")
def test_an_application_is_switched_off_and_deleted(lingpai: Lingpai) -> None:
    assert lingpai("client", "disable", "print").out == "print is disabled\n"
    assert "disabled" in lingpai("client", "list").out
    assert lingpai("client", "enable", "print").out == "print is enabled\n"
    assert lingpai("client", "delete", "print").err == "lingpai: there is no terminal to ask: say --yes\n"
    assert lingpai("client", "delete", "print", "--yes").out == "print is deleted\n"
    assert [line.split("\t")[0] for line in lingpai("client", "list").out.splitlines()] == ["photos"]
    assert lingpai("client", "delete", "print", "--yes").err == "lingpai: there is no such thing\n"
    (event, *_) = lingpai("audit", "list", "--event", "client_deleted").out.splitlines()
    assert event.split("\t")[2:5] == ["client_deleted", "", "print"]
    assert "by=command line" in event


@pytest.mark.usefixtures("filled")
def test_a_resource_server_is_written_listed_and_deleted(lingpai: Lingpai) -> None:
    address = "https://api.example"
    assert lingpai("resource-server", "put", address, "--name", "Api", "--client-id", "photos").status == 0
    assert lingpai("resource-server", "list").out == f"{address}\tApi\topaque\tphotos\n"
    assert "client_id: checks_tokens" in lingpai("client", "delete", "photos", "--yes").err
    assert lingpai("resource-server", "delete", address).status == 0
    assert lingpai("resource-server", "list").out == ""
    assert lingpai("scope", "delete", "nothing").err == "lingpai: there is no such thing\n"


@pytest.mark.usefixtures("filled")
def test_people_are_listed_signed_out_and_made_to_choose_a_new_password(lingpai: Lingpai) -> None:
    assert lingpai("account", "list", "--username", "zhang").out.startswith("zhangsan\t")
    assert lingpai("account", "end-sessions", "zhangsan").out == "zhangsan is signed out everywhere\n"
    assert lingpai("account", "force-reset", "zhangsan").out == "zhangsan has no password any more\n"
    assert lingpai("account", "end-sessions", "nobody").err == "lingpai: there is no account nobody\n"
    assert lingpai("grant", "list", "zhangsan").out == ""
    assert lingpai("grant", "end", "zhangsan", "print").err == "lingpai: there is no such thing\n"


def test_announcements_and_terms(lingpai: Lingpai, filled: Path) -> None:
    made = lingpai("announcement", "add", "--en", "Tonight", "--zh-cn", "今晚", "--hours", "2").out.strip()
    assert lingpai("announcement", "list").out.startswith(f"{made}\tpeople\t")
    assert lingpai("announcement", "withdraw", made).status == 0
    assert lingpai("announcement", "list").out == ""
    text = filled / "terms.txt"
    assert "cannot read the terms" in lingpai("terms", "publish", "--en", text, "--zh-cn", text).err
    text.write_text("Be kind.", encoding="utf-8")
    assert lingpai("terms", "publish", "--en", text, "--zh-cn", text).out == "version 1 is published\n"
    assert lingpai("terms", "list").out.startswith("1\t")


@pytest.mark.usefixtures("filled")
def test_the_queue_of_reviews_is_empty_and_nobody_is_in_it(lingpai: Lingpai) -> None:
    assert lingpai("review", "list").out == ""
    assert lingpai("review", "show", "print").err == "lingpai: there is no such thing\n"
    assert lingpai("review", "decide", "print", "approve").status == 1
    assert "Input should be" in lingpai("review", "list", "--state", "any").err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "arguments",
    [
        ("client", "delete", "x", "--yes"),
        ("client", "disable", "x"),
        ("account", "list"),
        ("admin", "list"),
        ("admin", "add", "x"),
        ("grant", "list", "x"),
        ("review", "list"),
        ("announcement", "list"),
        ("terms", "list"),
        ("resource-server", "list"),
        ("scope", "delete", "x"),
        ("audit", "list"),
        ("key", "list"),
        ("key", "rotate"),
    ],
    ids=" ".join,
)
def test_each_of_them_asks_the_server_it_is_told_to(lingpai: Lingpai, arguments: tuple[str, ...]) -> None:
    assert "LINGPAI_REMOTE_CLIENT_ID" in lingpai("--remote", "https://id.example.com", *arguments).err


class _Pages(AdminApi):
    """An API with three things, two on a page."""

    def ask(self, method: str, path: str, query: dict[str, str], body: object) -> object:
        assert (method, path, body) == ("GET", "/admin/api/v1/things", None)
        return {"items": [3], "next": None} if query.get("after") == "2" else {"items": [1, 2], "next": "2"}


def test_lists_are_read_to_their_end() -> None:
    assert list(_Pages().items("/things")) == [1, 2, 3]


def test_a_refusal_is_told_in_words() -> None:
    body = {"detail": "no", "problems": {"name": "format"}}
    with pytest.raises(Refused, match=r"^here refused: no\nname: format$"):
        answered("here", httpx2.Response(422, text=json.dumps(body)))
    assert answered("here", httpx2.Response(200, text="[1]")) == [1]
