import pytest
from tests.world import World
from tests.administration import as_role
from lingpai.server.web import admin_paths
PATHS=[p for p in admin_paths.RETURN_PAGES.values() if p not in ("/sign-in/terms",)]
async def test_pages(world: World):
    b = await as_role(world, "administrator")
    for path in PATHS:
        await b.get(path)
        assert b.page.status_code==200, (path, b.page.text[:1500])
        print(path, len(b.page.content))
    acc = await world.server.store.accounts.get_by_username("zhangsan")
    await b.get("/admin/accounts/"+acc.id.hex()); assert b.page.status_code==200
    await b.get("/admin/applications/photo-print"); assert b.page.status_code in (200,404)
    await b.get("/admin/accounts?q=zhang"); assert "zhangsan" in b.page.text
    await b.get("/admin/accounts?q=zhang@"); assert b.page.status_code==200
