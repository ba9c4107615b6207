"""Pictures as the attacker sends them, in forms of his own making."""

import io

from PIL import Image

BOUNDARY = "attack"


def png() -> bytes:
    """A small one, and a good one."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


def upload_of(csrf_token: str, picture: bytes | None = None, *, parameters: str = "") -> tuple[str, bytes]:
    """Content-Type and body of the form with a picture. ``parameters``: more of them for the Content-Type."""
    parts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{csrf_token}\r\n',
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800+2AA-\r\n',
        f'--{BOUNDARY}\r\nContent-Type: image/png\r\nContent-Disposition: form-data; name="picture"; filename="a.png"',
        "\r\n\r\n",
    )
    body = "".join(parts).encode() + (png() if picture is None else picture) + f"\r\n--{BOUNDARY}--\r\n".encode()
    return f"multipart/form-data; boundary={BOUNDARY}{parameters}", body
