"""Applications for QQ Connect, and the identifiers people bring along."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.terminal import Lingpai

APPID = "101499238"
OPENID = "0E302B779D8D4C72D21E3172C015682B"
HEAD = "appid,openid,username,unionid\n"


def read(home: Path, query: str) -> list[Any]:
    database = sqlite3.connect(home / "lingpai.db")
    rows = database.execute(query).fetchall()
    database.close()
    return rows


def create(lingpai: Lingpai, *arguments: str) -> Any:
    return lingpai("client", "create", "Shop", "--dialect", "qq", *arguments)


def test_an_application_is_registered_in_the_words_of_the_console(lingpai: Lingpai, home: Path) -> None:
    uris = "https://shop.example/qq; https://m.shop.example/cb;"
    ended = create(lingpai, "--redirect-uri", uris, "--scope", "get_user_info,list_album", "--developer", "My Company")
    assert ended.status == 0, ended.err
    appid = ended.out.splitlines()[0].removeprefix("client_id=")
    assert appid.isdecimal()
    client = json.loads(read(home, "SELECT document FROM client")[0][0])
    assert client["redirect_uris"] == ["https://shop.example/qq", "https://m.shop.example/cb"]
    assert client["scope"] == "get_user_info list_album"
    assert client["dialects"] == ["standard", "qq"]
    assert client["developer"] == "My Company"
    assert lingpai("client", "list").out.endswith("\tqq\n")


def test_without_a_scope_it_may_ask_who_somebody_is(lingpai: Lingpai, home: Path) -> None:
    assert create(lingpai, "--client-id", APPID, "--redirect-uri", "https://shop.example/qq").status == 0
    assert json.loads(read(home, "SELECT document FROM client")[0][0])["scope"] == "get_user_info"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--client-id", "5b7f704beacb0274b068da17"), "client_id: must be a number of 5 to 20 digits"),
        (("--client-id", "1234"), "client_id: must be a number of 5 to 20 digits"),
        (("--client-id", APPID, "--redirect-uri", "http://shop.example/qq"), "must be https"),
        (("--client-id", APPID, "--scope", "do_like"), "there is no scope do_like"),
        (("--dialect", "wechat"), "--dialect: there are standard and qq"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_cannot_be_an_application_is_refused(lingpai: Lingpai, arguments: tuple[str, ...], said: str) -> None:
    ended = create(lingpai, "--redirect-uri", "https://shop.example/qq", *arguments)
    assert ended.status == 1
    assert said in ended.err


@pytest.fixture
def moved(lingpai: Lingpai, home: Path) -> Path:
    """A server with the application and two accounts."""
    assert create(lingpai, "--client-id", APPID, "--redirect-uri", "https://a.example/", "--developer", "X").status == 0
    for name in ("zhangsan", "lisi"):
        ended = lingpai("account", "create", name, "--password-stdin", stdin="panda-eats-bamboo\n")
        assert ended.status == 0, ended.err
    return home


def test_openids_are_kept_and_giving_them_again_changes_nothing(lingpai: Lingpai, moved: Path) -> None:
    unionid = f"UID_{'A' * 32}"
    (moved / "openids.csv").write_text(f"{HEAD}{APPID},{OPENID},ZhangSan,{unionid}\n{APPID},{'B' * 32},lisi,\n")
    for _ in range(2):
        ended = lingpai("qq", "import-openids", "openids.csv")
        assert (ended.status, ended.out) == (0, "2 openids kept\n"), ended.err
    assert sorted(read(moved, "SELECT openid FROM qq_openid")) == [(OPENID,), ("B" * 32,)]
    assert read(moved, "SELECT developer, unionid FROM qq_unionid") == [("X", unionid)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("appid,openid\n", "must name the columns"),
        (f"{HEAD}999999,{OPENID},zhangsan,\n", "line 2: there is no application 999999 for QQ Connect"),
        (f"{HEAD}{APPID},short,zhangsan,\n", "line 2: openid must be 32 letters and digits"),
        (f"{HEAD}{APPID},{OPENID},zhangsan,UID_x\n", "line 2: unionid must be 32"),
        (f"{HEAD}{APPID},{OPENID},nobody,\n", "line 2: there is no account with this username"),
        (f"{HEAD}{APPID},{OPENID},,\n", "line 2: there is no account with this username"),
        (f"{HEAD}{APPID},{OPENID},zhangsan,\n{APPID},{OPENID},lisi,\n", "two people would have the same openid"),
    ],
)
def test_one_bad_line_and_nothing_is_changed(lingpai: Lingpai, moved: Path, text: str, said: str) -> None:
    (moved / "openids.csv").write_text(text)
    ended = lingpai("qq", "import-openids", "openids.csv")
    assert ended.status == 1
    assert said in ended.err
    assert read(moved, "SELECT * FROM qq_openid") == []


@pytest.mark.usefixtures("home")
def test_a_file_that_is_not_there_is_said_so(lingpai: Lingpai) -> None:
    ended = lingpai("qq", "import-openids", "nothing.csv")
    assert (ended.status, "nothing.csv cannot be read" in ended.err) == (1, True)
