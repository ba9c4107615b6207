"""What every route of the admin API uses: who asks, when, pages of lists, ids."""

from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query, Request
from pydantic import BaseModel

from lingpai.server.administration.desk import Actor
from lingpai.server.endpoints.admin_api.door import ACTOR_KEY

_Item = TypeVar("_Item", bound=BaseModel)

AccountId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
ClientId = Annotated[str, Path(min_length=1, max_length=128)]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str, Query(max_length=600, description="`next` of the page before.")]


class Page(BaseModel, Generic[_Item]):
    """Some of a list. ``next``: where the next page begins, ``null`` on the last."""

    items: list[_Item]
    next: str | None


def actor_of(request: Request) -> Actor:
    """Who asks; the door found out."""
    actor: Actor = request.scope[ACTOR_KEY]
    return actor


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the description of a route."""
    schema = {"application/problem+json": {"schema": {"type": "object"}}}
    return {status: {"description": "RFC 9457", "content": schema} for status in statuses}
