"""Who belongs to a room: list and invite."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import user_named
from chat.api.answers import MemberAnswer, MembersAnswer
from chat.api.base import ChatView, checked
from chat.api.requests import InviteRequest
from chat.selectors import member_list
from chat.services import member_invite
from realtime.http.schema import answers
from realtime.protocol.errors import Invalid

__all__ = ["MembersView"]


class MembersView(ChatView):
    """`/api/rooms/<slug>/members/`."""

    @extend_schema(
        operation_id="member_list",
        summary="Who belongs to a room",
        tags=["members"],
        responses=answers({200: MembersAnswer}, 401, 403, 404, 429),
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response({"results": member_list(self.room(slug).room)})

    @extend_schema(
        operation_id="member_invite",
        summary="Bring somebody in",
        tags=["members"],
        request=InviteRequest,
        responses=answers({201: MemberAnswer}, 400, 401, 403, 404, 409, 429, 503),
    )
    def post(self, request: Request, slug: str) -> Response:
        room = self.room(slug).room
        user = user_named(checked(InviteRequest, request)["username"])
        if user is None:
            raise Invalid("There is no user with this name.", field="username")
        member_invite(room=room, by=self.me(), user=user)
        row = next(row for row in member_list(room) if row["id"] == user.pk)
        return Response(row, status=status.HTTP_201_CREATED)
