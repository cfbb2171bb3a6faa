"""Who is here, over HTTP: views check the shape, the process' hub answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from presence.announce import SITE
from presence.api.shapes import PeopleAnswer, PeopleQuery, RoomPresenceAnswer, RoomPresenceQuery
from presence.conf import may_see
from presence.consumers.subject import authorize
from presence.keeper import keeper
from presence.roster import Status
from presence.selectors import choices_of, last_seen
from presence.store import Page
from realtime.http.schema import answers
from realtime.hub import Hub, ask_hub
from realtime.identity import Identity, identity_of

__all__ = ["PeopleView", "RoomPresenceView"]


class RoomPresenceView(APIView):
    """`GET /api/rooms/<slug>/presence/`."""

    @extend_schema(
        operation_id="room_presence",
        summary="Who is in a room",
        tags=["presence"],
        parameters=[RoomPresenceQuery],
        responses=answers({200: RoomPresenceAnswer}, 400, 401, 403, 404, 429, 503),
    )
    def get(self, request: Request, slug: str) -> Response:
        query = RoomPresenceQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        after, limit = query.validated_data["after"], query.validated_data["limit"]
        me = _identity(request)

        async def ask(hub: Hub) -> tuple[int, Page]:
            await authorize(slug, me)
            return await keeper(hub).rosters.page(slug, after, limit)

        count, (people, following) = ask_hub(ask)
        return Response({"count": count, "results": [person.data() for person in people], "next": following})


class PeopleView(APIView):
    """`GET /api/presence/?users=1,2`."""

    @extend_schema(
        operation_id="presence_list",
        summary="Whether some users are here, and when they were last seen",
        tags=["presence"],
        parameters=[OpenApiParameter("users", str, required=True, description="Ids, like 3,14,15; at most 200.")],
        responses=answers({200: PeopleAnswer}, 400, 401, 429, 503),
    )
    def get(self, request: Request) -> Response:
        query = PeopleQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked: list[int] = query.validated_data["users"]
        me = _identity(request)
        known = set(asked) if me.staff else may_see(me.id, asked) | ({me.id} & set(asked))
        users = [user for user in asked if user in known]
        statuses = ask_hub(lambda hub: keeper(hub).rosters.statuses(SITE, users))
        seen = last_seen([user for user in users if user not in statuses])
        results = [_someone(user, statuses.get(user), seen.get(user)) for user in users]
        return Response({"results": results, "choice": choices_of([me.id])[me.id].choice.value})


def _identity(request: Request) -> Identity:
    user: Any = request.user
    return identity_of(user)


def _someone(user: int, status: Status | None, seen: Any) -> dict[str, Any]:
    return {"id": user, "status": "offline" if status is None else status.value, "last_seen_at": seen}
