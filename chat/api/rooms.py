"""Rooms: list, create, look, change; join and leave."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chat.api.answers import RoomAnswer, RoomsAnswer
from chat.api.base import ChatView, checked
from chat.api.requests import RoomChangeRequest, RoomCreateRequest, RoomsQuery
from chat.selectors import room_detail, room_directory, room_list_for
from chat.services import member_join, member_leave, room_create, room_update
from realtime.http.schema import answers

__all__ = ["JoinView", "LeaveView", "RoomView", "RoomsView"]


class RoomsView(ChatView):
    """`/api/rooms/`."""

    @extend_schema(
        operation_id="room_list",
        summary="The rooms one belongs to, then those one could join",
        tags=["rooms"],
        parameters=[RoomsQuery],
        responses=answers({200: RoomsAnswer}, 400, 401, 429),
    )
    def get(self, request: Request) -> Response:
        asked = checked(RoomsQuery, request)
        search = asked["search"].lower()
        rows = [row for row in room_list_for(self.me()) if search in row["name"].lower() or search in row["slug"]]
        if not asked["joined"]:
            rows += room_directory(self.me(), search=asked["search"])
        return Response({"results": rows})

    @extend_schema(
        operation_id="room_create",
        summary="Make a room and own it",
        tags=["rooms"],
        request=RoomCreateRequest,
        responses=answers({201: RoomAnswer}, 400, 401, 429, 503),
    )
    def post(self, request: Request) -> Response:
        room = room_create(owner=self.me(), **checked(RoomCreateRequest, request))
        location = reverse("api-room", args=[room.slug])
        body = room_detail(self.room(room.slug))
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": location})


class RoomView(ChatView):
    """`/api/rooms/<slug>/`."""

    @extend_schema(
        operation_id="room_get",
        summary="A room, and what one is in it",
        tags=["rooms"],
        responses=answers({200: RoomAnswer}, 401, 403, 404, 429),
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(room_detail(self.room(slug)))

    @extend_schema(
        operation_id="room_change",
        summary="Change a room, as its owner or moderator",
        tags=["rooms"],
        request=RoomChangeRequest,
        responses=answers({200: RoomAnswer}, 400, 401, 403, 404, 429, 503),
    )
    def patch(self, request: Request, slug: str) -> Response:
        access = self.room(slug)
        values = checked(RoomChangeRequest, request)
        if values:
            room_update(room=access.room, by=self.me(), **values)
        return Response(room_detail(self.room(slug)))


class JoinView(ChatView):
    """`/api/rooms/<slug>/join/`."""

    @extend_schema(
        operation_id="room_join",
        summary="Become a member of a public room",
        tags=["members"],
        request=None,
        responses=answers({200: RoomAnswer}, 401, 403, 404, 409, 429, 503),
    )
    def post(self, request: Request, slug: str) -> Response:
        member_join(room=self.room(slug).room, user=self.me())
        return Response(room_detail(self.room(slug)))


class LeaveView(ChatView):
    """`/api/rooms/<slug>/leave/`."""

    @extend_schema(
        operation_id="room_leave",
        summary="Stop being a member",
        tags=["members"],
        request=None,
        responses=answers({204: None}, 401, 403, 404, 409, 429, 503),
    )
    def post(self, request: Request, slug: str) -> Response:
        member_leave(room=self.room(slug).room, user=self.me())
        # A private room is not there any more for who has left it, so there is nothing to show.
        return Response(status=status.HTTP_204_NO_CONTENT)
