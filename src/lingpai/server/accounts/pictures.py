"""Pictures people upload, made into pictures of ours.

Owns what is taken and what comes out: a square of 256 pixels, encoded anew, so that nothing of what was sent survives:
no second file hidden behind the first (polyglot), no place where it was taken (EXIF), no script (SVG is refused). What
would need too much memory is refused by its header, before it is decoded.
"""

import asyncio
import io
from typing import Literal

from msgspec import Struct

LIMIT_BYTES = 5_000_000
SIDE_LIMIT_PIXELS = 8_000
AREA_LIMIT_PIXELS = 24_000_000
_SIZE = 256
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class PictureRefused(Exception):
    """Not a picture we take. ``format``: another format, or damaged; ``large``: too many pixels or bytes."""

    def __init__(self, reason: Literal["format", "large", "empty"]) -> None:
        super().__init__(reason)
        self.reason = reason


class Picture(Struct, frozen=True):
    """A picture of ours."""

    content_type: str
    body: bytes


class Pictures:
    """Encodes them, one at a time: a flood of uploads waits, and memory stays what one needs."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def encode(self, body: bytes) -> Picture:
        """Our picture of ``body``. Raises ``PictureRefused``."""
        if not body:
            raise PictureRefused("empty")
        if len(body) > LIMIT_BYTES:
            raise PictureRefused("large")
        async with self._turn:
            return await asyncio.to_thread(encode_picture, body)


def encode_picture(body: bytes) -> Picture:
    """The same, here and now."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - loaded by who uploads a picture

    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as sent:
            if max(sent.size) > SIDE_LIMIT_PIXELS or sent.width * sent.height > AREA_LIMIT_PIXELS:
                raise PictureRefused("large")
            sent.draft("RGB", (2 * _SIZE, 2 * _SIZE))  # a large JPEG is decoded small
            turned = ImageOps.exif_transpose(sent)
            has_alpha = "A" in turned.getbands() or "transparency" in turned.info
            fitted = ImageOps.fit(turned.convert("RGBA" if has_alpha else "RGB"), (_SIZE, _SIZE))
            # Only the pixels: comments and colour profiles would go along with the picture they came in.
            square = Image.new(fitted.mode, fitted.size)
            square.paste(fitted)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused("large") from error
    # A decoder meets bytes of a stranger: these are all it raises for damaged ones.
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise PictureRefused("format") from error
    out = io.BytesIO()
    if has_alpha:
        square.save(out, "PNG", optimize=True)
        return Picture("image/png", out.getvalue())
    square.save(out, "JPEG", quality=86, optimize=True)
    return Picture("image/jpeg", out.getvalue())
