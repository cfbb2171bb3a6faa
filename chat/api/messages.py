"""Messages: history, post, edit, delete, report. The same objects, keys and refusals as on the socket."""

from __future__ import annotations

import msgspec
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chat.api.answers import ChangedAnswer, MessagesAnswer, PostedAnswer, ReportedAnswer
from chat.api.base import ChatView, checked
from chat.api.requests import HistoryQuery, MessageEditRequest, MessagePostRequest, ReportRequest
from chat.selectors import message_history
from chat.serialize import message_data
from chat.services import message_delete, message_edit, message_post, report_make
from realtime.http.schema import answers
from realtime.protocol.errors import NotFound
from realtime.protocol.frames import ID_MAX

__all__ = ["MessageView", "MessagesView", "ReportsView"]


class MessagesView(ChatView):
    """`/api/rooms/<slug>/messages/`."""

    @extend_schema(
        operation_id="message_list",
        summary="A page of history, newest first",
        tags=["messages"],
        parameters=[HistoryQuery],
        responses=answers({200: MessagesAnswer}, 400, 401, 403, 404, 429),
    )
    def get(self, request: Request, slug: str) -> Response:
        room = self.room(slug).room
        page = message_history(room, **checked(HistoryQuery, request))
        return Response({"results": [message_data(row) for row in page.messages], "has_more": page.has_more})

    @extend_schema(
        operation_id="message_post",
        summary="Post a message",
        tags=["messages"],
        request=MessagePostRequest,
        responses=answers({201: PostedAnswer, 200: PostedAnswer}, 400, 401, 403, 404, 409, 429, 503),
    )
    def post(self, request: Request, slug: str) -> Response:
        room = self.room(slug).room
        asked = checked(MessagePostRequest, request)
        self.take_post()
        posted = message_post(room=room, author=self.me(), **asked)
        location = f"{reverse('api-messages', args=[slug])}?around={posted.id}&limit=1"
        return Response(
            msgspec.to_builtins(posted),
            status=status.HTTP_200_OK if posted.duplicate else status.HTTP_201_CREATED,
            headers={"Location": location},
        )


class MessageView(ChatView):
    """`/api/rooms/<slug>/messages/<id>/`."""

    @extend_schema(
        operation_id="message_edit",
        summary="Give one's own message another text",
        tags=["messages"],
        request=MessageEditRequest,
        responses=answers({200: ChangedAnswer}, 400, 401, 403, 404, 409, 429, 503),
    )
    def patch(self, request: Request, slug: str, message_id: int) -> Response:
        room = self.room(slug).room
        asked = checked(MessageEditRequest, request)
        self.take_post()
        changed = message_edit(room=room, author=self.me(), message_id=_possible(message_id), **asked)
        return Response(msgspec.to_builtins(changed))

    @extend_schema(
        operation_id="message_delete",
        summary="Take a message's text away, one's own or as a moderator anybody's",
        tags=["messages"],
        responses=answers({200: ChangedAnswer}, 401, 403, 404, 429, 503),
    )
    def delete(self, request: Request, slug: str, message_id: int) -> Response:
        room = self.room(slug).room
        self.take_post()
        return Response(
            msgspec.to_builtins(message_delete(room=room, author=self.me(), message_id=_possible(message_id)))
        )


class ReportsView(ChatView):
    """`/api/rooms/<slug>/messages/<id>/reports/`. Nobody in the room hears of it."""

    @extend_schema(
        operation_id="message_report",
        summary="Ask staff to look at somebody else's message",
        tags=["messages"],
        request=ReportRequest,
        responses=answers({201: ReportedAnswer, 200: ReportedAnswer}, 400, 401, 403, 404, 409, 429, 503),
    )
    def post(self, request: Request, slug: str, message_id: int) -> Response:
        room = self.room(slug).room
        asked = checked(ReportRequest, request)
        made = report_make(room=room, reporter=self.me(), message_id=_possible(message_id), **asked)
        return Response({"duplicate": not made}, status=status.HTTP_201_CREATED if made else status.HTTP_200_OK)


def _possible(message_id: int) -> int:
    """An address takes any digits; no database does."""
    if message_id > ID_MAX:
        raise NotFound("There is no such message in this room.")
    return message_id
