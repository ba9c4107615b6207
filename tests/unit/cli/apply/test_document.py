from pathlib import Path

import pytest

from lingpai.cli.apply.document import CLIENTS, DocumentInvalid, read_document

GOOD = """
[[resources]]
resource = "https://photos.example.com"

[[scopes]]
name = "list_album"
descriptions = {en = "See your albums", zh_CN = "查看你的相册"}
resource = "https://photos.example.com"

[[clients]]
client_id = "print"
client_name = "Photo Print"
client_secret = "a-secret-long-enough"
redirect_uris = ["https://print.example/cb"]

[[accounts]]
username = "zhangsan"
password = "correct horse"
claims = {nickname = "三"}
"""


def write(folder: Path, text: str | bytes, name: str = "apply.toml") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def problems(folder: Path, text: str | bytes, name: str = "apply.toml") -> list[str]:
    try:
        return [str(problem) for problem in read_document(write(folder, text, name)).problems]
    except DocumentInvalid as error:
        return [str(problem) for problem in error.problems]


def test_a_good_file_becomes_typed_entries_in_the_order_they_depend_on_each_other(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, GOOD))
    assert document.problems == []
    assert [entry.key for entry in document.entries] == [
        "https://photos.example.com",
        "list_album",
        "print",
        "zhangsan",
    ]
    assert document.of(CLIENTS)[0].values["redirect_uris"] == ("https://print.example/cb",)


def test_json_says_the_same_as_toml(tmp_path: Path) -> None:
    text = '\ufeff{"clients": [{"client_id": "print", "client_name": "Photo Print"}]}'
    document = read_document(write(tmp_path, text, "apply.json"))
    assert document.problems == []
    assert document.of(CLIENTS)[0].key == "print"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = \n", "line 2: this is not TOML: Invalid value"),
        ('[[clients]]\nclient_id = "x', "line 2: this is not TOML: Unterminated string"),
        ("a = 1\n\na = 2\n", "line 3: this is not TOML: Cannot overwrite a value"),
        (b"a = 1\nb = '\xff'\n", "line 2: this is not UTF-8: save the file in that encoding"),
        ("[clientz]\n", "line 1: clientz: there is no such table; did you mean clients?"),
        (
            "[zzz]\n",
            "line 1: zzz: there is no such table; there are resources, scopes, clients, trusted_issuers, accounts",
        ),
        ("\n[clients]\n", "line 2: clients: must be a list of tables: [[clients]]"),
        ("clients = [1]\n", "line 1: clients: must be a list of tables: [[clients]]"),
        ('[[clients]]\nclient_id = "a"\n', "line 1: clients[0]: client_name is missing"),
        (
            '[[clients]]\nclient_id = "a"\nclient_name = "A"\nredirect_uri = "x"\n',
            "line 4: clients[0].redirect_uri: there is no such field; did you mean redirect_uris?",
        ),
        (
            '[[clients]]\nclient_id = "a"\nclient_name = "A"\nredirect_uris = [\n"x",\n7]\n',
            "line 6: clients[0].redirect_uris[1]: Expected str, got int",
        ),
        (
            '[[clients]]\nclient_id = "a"\nclient_name = "A"\napplication_type = "wep"\n',
            "line 4: clients[0].application_type: Invalid enum value 'wep'",
        ),
        (
            '[[clients]]\nclient_id = "a"\nclient_name = "A"\ncreated_at = 1\n',
            "line 4: clients[0].created_at: there is no such field; there are access_token_lifetime_s",
        ),
        (
            '[[scopes]]\nname = "a"\n[scopes.descriptions]\nen = 5\n',
            "line 3: scopes[0].descriptions: Expected str, got int",
        ),
        (
            '[[scopes]]\nname = "a"\ndescriptions={}\n[[scopes]]\nname = "a"\ndescriptions={}\n',
            "line 5: scopes[1].name: the same as scopes[0].name",
        ),
        ("a = " + "[" * 5000, "nested too deeply"),
        pytest.param("a = " + "1" * 5000, "a number has thousands of digits", id="a number as long as a page"),
    ],
)
def test_a_wrong_toml_file_is_named_by_line_and_field(tmp_path: Path, text: str | bytes, message: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"clients": [\n}', "line 2: this is not JSON: Expecting value"),
        ("[]", "line 1: must be an object with resources, scopes, clients, trusted_issuers, accounts"),
        ('{"clients": NaN}', "this is not JSON: NaN is no JSON value"),
        ('{"scopes": [],\n "scopes": []}', "line 2: scopes: is given twice"),
        ('{"accounts": [{"username": "a",\n"pasword": "b"}]}', "line 2: accounts[0].pasword: there is no such field;"),
        ("[" * 100_000, "nested too deeply"),
        pytest.param('{"a": ' + "1" * 5000 + "}", "a number has thousands of digits", id="a number as long as a page"),
        ("", "line 1: this is not JSON: Expecting value"),
    ],
)
def test_a_wrong_json_file_is_named_by_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    found = problems(tmp_path, text, "apply.json")
    assert len(found) == 1
    assert found[0].startswith(message)


def test_every_problem_is_named_in_one_run(tmp_path: Path) -> None:
    text = '[[clients]]\nclient_id = 1\nclient_nam = "x"\n[[accounts]]\nemail = 5\n'
    assert [line.partition(":")[0] for line in problems(tmp_path, text)] == [
        "line 2",
        "line 3",
        "line 1",
        "line 5",
        "line 4",
    ]


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    assert problems(tmp_path, b"#" * 16_000_001) == ["larger than 16000000 bytes: split it"]
