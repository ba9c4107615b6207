"""The photo service over HTTP: albums and their photos for whoever holds a token with the permission ``list_album``.

    GET /albums                 the albums of the person the token is about
    GET /albums/{id}/photos     the photos of one album, each with a link to its picture
    GET /pictures/{name}.jpg    a picture, by such a link
    GET /photo/list_album       and its relatives: the same for clients that speak QQ Connect, see ``openapi``
    GET /avatars/{name}.png     a person's picture, public
    GET /health                 200 as soon as we answer

Owns: the paths and their answers. Leaves: whether a token is good to ``lingpai.guard``, what there is to ``albums``.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx2
import msgspec
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, Response
from starlette.routing import Route

from examples.photos.albums import ALBUMS, Photo, album_of, albums_of
from examples.photos.links import PictureLinks, process_seconds
from examples.photos.openapi import endpoints_from
from examples.photos.settings import Settings
from examples.photos.shelf import Shelf
from lingpai.guard import AccessToken, Guard, Introspector
from lingpai.guard.openapi import OpenApi

HERE = Path(__file__).parent
# Files are looked up here, never by a name from a request: there is no path to climb out of.
PICTURES = {photo.id: HERE / "pictures" / f"{photo.id}.jpg" for album in ALBUMS for photo in album.photos}
AVATARS = {album.owner: HERE / "avatars" / f"{album.owner}.png" for album in ALBUMS}


def create_app(
    settings: Settings, *, http: httpx2.AsyncClient | None = None, clock: Callable[[], int] = process_seconds
) -> FastAPI:
    """The ASGI application; ``http`` is what it reaches the authorization server through."""
    introspector = Introspector(
        issuer=settings.issuer,
        audience=settings.address,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        cache_lifetime_s=0,  # ask every time: what a person takes back is refused from the next request on
        http=http,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await introspector.aclose()

    app = FastAPI(title="照片服务 Photos", lifespan=lifespan, openapi_url=None)
    shelf = Shelf(settings.shelf)
    _add_albums(app, Guard(introspector), settings.address, shelf, clock)
    _add_avatars(app)
    album_apis = endpoints_from(settings, link_clock=clock)
    for endpoint in album_apis:
        app.router.routes.append(Route(endpoint.path, OpenApi(album_apis, introspector), methods=None))
    return app


def _add_albums(app: FastAPI, guard: Guard, address: str, shelf: Shelf, clock: Callable[[], int]) -> None:
    links = PictureLinks(shelf.link_key())
    Token = Annotated[AccessToken, Depends(guard.require("list_album"))]  # noqa: N806 -- an alias of a type

    def answer_photo(photo: Photo) -> dict[str, object]:
        url = f"{address}/pictures/{photo.id}.jpg?{links.query(photo.id, now=clock())}"
        return {**msgspec.structs.asdict(photo), "url": url}

    @app.get("/albums")
    async def list_albums(token: Token) -> dict[str, object]:
        owner = owner_of(token)
        albums = (*albums_of(owner), *shelf.albums_of(owner))
        return {"albums": [{"id": a.id, "title": a.title, "photo_count": len(a.photos)} for a in albums]}

    @app.get("/albums/{album_id}/photos")
    async def list_photos(album_id: str, token: Token) -> dict[str, object]:
        owner = owner_of(token)
        added = (album for album in shelf.albums_of(owner) if album.id == album_id)
        album = album_of(owner, album_id) or next(added, None)
        if album is None:
            raise HTTPException(404, "this person has no such album")
        return {"photos": [answer_photo(photo) for photo in album.photos]}

    @app.get("/pictures/{photo_id}.jpg")
    async def picture(photo_id: str, expires: str = "", signature: str = "") -> Response:
        if links.is_good(photo_id, expires, signature, now=clock()):
            if photo_id in PICTURES:
                return _image(PICTURES[photo_id], "private, max-age=300")
            if (added := shelf.picture(photo_id)) is not None:
                return Response(added[0], headers=_headers("private, max-age=300"), media_type=added[1])
        raise HTTPException(404, "no such picture, or the link is too old")


def _add_avatars(app: FastAPI) -> None:
    @app.get("/avatars/{username}.png")
    async def avatar(username: str) -> FileResponse:
        if username not in AVATARS:
            raise HTTPException(404, "nobody has this name")
        return _image(AVATARS[username], "public, max-age=3600")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}


def owner_of(token: AccessToken) -> str:
    """Whose albums a token opens: the user name the authorization server gives with it (RFC 7662 §2.2)."""
    owner = token.claims.get("username")
    if token.subject is None or not isinstance(owner, str):
        raise HTTPException(403, "this token is about nobody, so there are no albums it could open")
    return owner


def _image(file: Path, cache: str) -> FileResponse:
    return FileResponse(file, headers=_headers(cache))


def _headers(cache: str) -> dict[str, str]:
    # Pages of other origins may show it; none may take it for anything but an image.
    return {
        "Cache-Control": cache,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
