"""The demo's three programs as real processes on free ports, with an application more and cheap passwords.

Owns: setting them up, and forgetting between two tests what people did. Leaves: what the programs are to
``examples.demo``, running them to ``processes``.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx2
from msgspec import Struct

from examples.demo import Places, prepare_directory, programs, server_environment, set_up
from tests.e2e.processes import free_ports, running

# The real cost of a password is tested elsewhere; here every test would pay it.
_SETTINGS = """
password_memory_kib = 64
password_time_cost = 1
"""

# More to choose from than the demo's application has, and less time to choose.
_ALBUM_TOOLS = """
[[scopes]]
name = "upload_pic"
resource = "{photos}"
descriptions.en = "Put new pictures into your albums"
descriptions.zh_CN = "上传照片到你的相册"

[[clients]]
client_id = "album-tools"
client_name = "Album Tools"
redirect_uris = ["{photo_print}/user/callback"]
token_endpoint_auth_method = "none"
scope = "get_user_info list_album upload_pic"
grant_lifetimes = ["once", "1d"]
default_grant_lifetime = "1d"
"""
_WHAT_PEOPLE_DO = ("account_grant", "token_family", "session", "session_client", "throttle", "spent")


class Demo(Struct, frozen=True):
    """Where the running programs are."""

    directory: Path
    places: Places

    def album_tools_url(self, scope: str = "get_user_info list_album upload_pic") -> str:
        """Where the second application sends the browser. Nobody redeems its code: the challenge is made up."""
        request = {
            "response_type": "code",
            "client_id": "album-tools",
            "redirect_uri": f"{self.places.photo_print}/user/callback",
            "scope": scope,
            "state": "state-of-album-tools",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        }
        return f"{self.places.server}/oauth2/authorize?{httpx2.QueryParams(request)}"

    def forget_people(self) -> None:
        """Everybody is signed out and has allowed nothing, as after ``make demo ARGS=--fresh``."""
        with closing(sqlite3.connect(self.directory / "lingpai.db", timeout=10)) as database:
            for table in _WHAT_PEOPLE_DO:
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own tables
            database.commit()

    def logs(self) -> str:
        """What the programs printed."""
        return "\n".join(f"== {log.name}\n{log.read_text(encoding='utf-8')}" for log in self.directory.glob("*.log"))


@contextmanager
def running_demo(directory: Path) -> Iterator[Demo]:
    """Set up and run the programs."""
    places = Places(*free_ports(3))
    prepare_directory(directory, fresh=True)
    set_up(directory, places)
    settings = directory / "lingpai.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + _SETTINGS, encoding="utf-8")
    more = directory / "album-tools.toml"
    more.write_text(_ALBUM_TOOLS.format(photos=places.photos, photo_print=places.photo_print), encoding="utf-8")
    apply = [sys.executable, "-m", "lingpai", "apply", str(more), "--config", str(settings)]
    subprocess.run(apply, env=server_environment(places), check=True, capture_output=True)
    with ExitStack() as stack:
        for program in programs(directory, places):
            url = program.address + program.ready_path
            stack.enter_context(running(program.command, program.environment, url, program.log))
        yield Demo(directory, places)
