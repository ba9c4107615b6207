"""``/admin/keys``: rotating keys, and withdrawing one that leaked."""

from tests.administration import as_role
from tests.world import World


async def test_keys_are_rotated(world: World) -> None:
    admin = await as_role(world, "administrator")
    before = len(await world.server.store.keys.list())
    await admin.get("/admin/keys")
    await admin.submit(admin.form("rotate-sig"), ("action", "rotate"))
    await admin.get("/admin/keys")
    await admin.submit(admin.form("rotate-seal"), ("action", "rotate_at_once"))
    assert len(await world.server.store.keys.list()) > before


async def test_a_leaked_key_is_withdrawn(world: World) -> None:
    admin = await as_role(world, "administrator")
    leaked = next(key.kid for key in await world.server.store.keys.list() if key.use == "sig")
    await admin.get("/admin/keys")
    await admin.submit(admin.form("withdraw"), ("kid", leaked), ("action", "withdraw"))
    await admin.follow()
    assert 'id="done"' in admin.page.text
    assert leaked not in admin.page.text
    assert leaked not in (await world.http.get("/oauth2/jwks")).text
    await admin.submit(admin.form("withdraw"), ("kid", leaked), ("action", "withdraw"))
    assert admin.page.status_code == 404
