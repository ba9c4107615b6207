"""The QR code for devices that can show a picture."""

import pytest

from tests.device import waiting_tv
from tests.world import World


@pytest.mark.spec("RFC 8628", "3.3.1", "the complete verification URI can be shown as a QR code")
async def test_the_qr_code_follows_from_the_address_alone(world: World) -> None:
    first = await world.http.get("/device/qr.svg?user_code=BCDF-GHJK")
    assert first.status_code == 200
    assert first.headers["content-type"] == "image/svg+xml"
    assert first.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    device = await waiting_tv(world)
    world.driver.reset()
    other = await world.http.get(f"/device/qr.svg?user_code={device.began['user_code']}")
    assert other.text != first.text
    assert world.driver.reads == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "user_code=",
        "user_code=bcdf-ghjk",
        "user_code=BCDFGHJK",
        "user_code=AEIO-UAEI",
        "user_code=BCDF-GHJK%22",
        "user_code=BCDF-GHJK&x=1",
        "user_code=BCDF-GHJK&user_code=BCDF-GHJL",
        "user_code=<script>",
    ],
)
async def test_the_qr_code_is_drawn_for_whole_codes_only(world: World, query: str) -> None:
    response = await world.http.get(f"/device/qr.svg?{query}")
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")
    assert "<script>" not in response.text
