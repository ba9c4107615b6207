"""The setting ``theme``: how the pages look besides the name. Nothing of it can be anything but a colour, an address or
a picture, so nothing can inject HTML or CSS; and a colour people could not read is refused, with the ratio.

Spec: WCAG 2.2 §1.4.3
"""

import re
from collections.abc import Mapping
from pathlib import Path

_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
_ADDRESS = re.compile(
    r"(?:https?://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?(?=[/?]|\Z)|/(?!/))[A-Za-z0-9/?&=%._~:+,@-]{0,500}\Z"
)
_MAILBOX = re.compile(r"mailto:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}\Z")
_LEAST_CONTRAST = 4.5
LOGO_LIMIT_BYTES = 200_000

# What stands behind the accent colour on our pages: cards, the paper, and areas tinted with the accent itself.
LIGHT_SURFACES = ("#ffffff", "#f5f4f0")
DARK_SURFACES = ("#1b201e", "#121514")

LINKS = ("help", "imprint", "privacy")
NAMES = ("accent", "accent_dark", "logo_file", *LINKS)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21. Spec: WCAG 2.2 §1.4.3"""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """``one`` with a share of ``other`` in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02x}" for a, b in pairs)


def check_theme(theme: Mapping[str, str]) -> None:
    """Raise ``ValueError`` with a sentence about what is wrong with it."""
    unknown = sorted(set(theme) - set(NAMES))
    if unknown:
        raise ValueError(f"there is no {unknown[0]} in a theme, only {', '.join(NAMES)}")
    for name, surfaces in (("accent", LIGHT_SURFACES), ("accent_dark", DARK_SURFACES)):
        if name in theme:
            _check_colour(name, theme[name], surfaces)
    if ("accent" in theme) != ("accent_dark" in theme):
        raise ValueError("accent and accent_dark belong together: the dark pages need a lighter one")
    for name in LINKS:
        if name in theme and not (_ADDRESS.match(theme[name]) or _MAILBOX.match(theme[name])):
            raise ValueError(f"{name} must be an https or http address, a path such as /help, or mailto:")
    if "logo_file" in theme:
        read_logo(Path(theme["logo_file"]))


def read_logo(file: Path) -> tuple[bytes, str]:
    """The picture and its media type. Raises ``ValueError``."""
    try:
        with file.open("rb") as opened:
            body = opened.read(LOGO_LIMIT_BYTES + 1)
    except OSError as error:
        raise ValueError(f"logo_file cannot be read: {error.strerror}") from None
    if len(body) > LOGO_LIMIT_BYTES:
        raise ValueError(f"logo_file has more than {LOGO_LIMIT_BYTES} bytes")
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return body, "image/png"
    if file.suffix.lower() == ".svg" and re.match(
        rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", body, re.DOTALL
    ):
        return body, "image/svg+xml"
    raise ValueError("logo_file must be a PNG or SVG picture")


def beside(folder: Path, theme: object) -> object:
    """The theme of a settings file in ``folder``, with its picture taken from there."""
    file = theme.get("logo_file") if isinstance(theme, Mapping) else None
    return {**theme, "logo_file": str(folder / file)} if isinstance(theme, Mapping) and isinstance(file, str) else theme


def style_of(theme: Mapping[str, str]) -> str:
    """The style sheet that changes the colours; empty: there is none to change."""
    if "accent" not in theme:
        return ""
    light = _properties(theme["accent"], LIGHT_SURFACES[0], "#000000")
    dark = _properties(theme["accent_dark"], DARK_SURFACES[0], "#ffffff")
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _properties(accent: str, surface: str, stronger: str) -> str:
    values = {
        "accent": accent,
        "accent-strong": mixed(accent, stronger, 0.25),
        "accent-soft": _soft(accent, surface),
        "on-accent": max(("#ffffff", "#101413"), key=lambda ink: contrast(ink, accent)),
    }
    return " ".join(f"--{name}: {value};" for name, value in values.items())


def _soft(accent: str, surface: str) -> str:
    """The surface with as much of the accent in it as leaves the accent readable on it."""
    shares = (0.14, 0.1, 0.06, 0.03)
    tints = [mixed(surface, accent, share) for share in shares]
    return next((tint for tint in tints if contrast(accent, tint) >= _LEAST_CONTRAST), surface)


def _check_colour(name: str, colour: str, surfaces: tuple[str, ...]) -> None:
    if not _COLOUR.match(colour):
        raise ValueError(f"{name} must be a colour such as #0c6453, in small letters")
    worst = min(contrast(colour, surface) for surface in surfaces)
    if worst < _LEAST_CONTRAST:
        way = "darker" if name == "accent" else "lighter"
        raise ValueError(f"{name} has a contrast of {worst:.1f} to its background, {_LEAST_CONTRAST} is needed: {way}")
    # Words on a button: dark or light ink, whichever is better, must be readable as well. One of them always is.


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
