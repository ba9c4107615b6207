"""A theme can be a colour, an address or a picture, and nothing else; colours must be readable."""

import re
from pathlib import Path

import pytest

from lingpai.server.config import Config, ConfigInvalid, load_config
from lingpai.server.setting_values import ValuesWrong
from lingpai.server.theme_settings import DARK_SURFACES, LIGHT_SURFACES, contrast, mixed, style_of

GOOD = {"accent": "#0c6453", "accent_dark": "#66cbb2"}


def test_black_on_white_has_the_highest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"


@pytest.mark.parametrize(
    "theme",
    [
        {**GOOD, "accent": "red"},
        {**GOOD, "accent": "#0c6453;} body{display:none"},
        {**GOOD, "accent": "#0C6453"},
        {**GOOD, "accent": "#0c6453\n"},
        {**GOOD, "accent": "#ffff00"},
        {**GOOD, "accent_dark": "#222222"},
        {"accent": "#0c6453"},
        {"help": "javascript:alert(1)"},
        {"help": 'https://example.com/"><script>'},
        {"help": "//evil.example/x y"},
        {"imprint": "https://user@evil.example"},
        {"privacy": "data:text/html,x"},
        {"logo_file": "/no/such/file.png"},
        {"background": "url(x)"},
    ],
)
def test_what_could_inject_or_not_be_read_is_refused(theme: dict[str, str]) -> None:
    with pytest.raises(ValuesWrong):
        Config(theme=theme)


@pytest.mark.parametrize(
    "address", ["https://example.com/help", "/help", "mailto:help@example.com", "http://x:8080/a?b=c"]
)
def test_links_are_plain_addresses(address: str) -> None:
    assert Config(theme={"help": address}).theme == {"help": address}


def test_every_colour_of_the_style_can_be_read() -> None:
    style = style_of(Config(theme=GOOD).theme)
    light, dark = style.split("@media")
    for part, surfaces in ((light, LIGHT_SURFACES), (dark, DARK_SURFACES)):
        values = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))
        assert set(values) == {"accent", "accent-strong", "accent-soft", "on-accent"}
        assert min(contrast(values["accent"], surface) for surface in surfaces) >= 4.5
        assert contrast(values["accent"], values["accent-soft"]) >= 4.5
        assert contrast(values["on-accent"], values["accent"]) >= 4.5


def test_a_logo_is_a_picture_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "lingpai.toml").write_text('theme = { logo_file = "logo.svg" }\n')
    assert load_config(tmp_path / "lingpai.toml").theme["logo_file"] == str(tmp_path / "logo.svg")
    (tmp_path / "logo.svg").write_text("<html>")
    with pytest.raises(ConfigInvalid, match="PNG or SVG"):
        load_config(tmp_path / "lingpai.toml")


def test_in_the_environment_a_theme_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGPAI_THEME", '{"help": "/help"}')
    assert load_config(None).theme == {"help": "/help"}
