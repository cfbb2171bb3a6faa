"""Addresses below `/api/`."""

from __future__ import annotations

from django.urls import path

from chat.api.members import MembersView
from chat.api.messages import MessagesView, MessageView, ReportsView
from chat.api.rooms import JoinView, LeaveView, RoomsView, RoomView

__all__ = ["urlpatterns"]

urlpatterns = [
    path("rooms/", RoomsView.as_view(), name="api-rooms"),
    path("rooms/<slug:slug>/", RoomView.as_view(), name="api-room"),
    path("rooms/<slug:slug>/join/", JoinView.as_view(), name="api-room-join"),
    path("rooms/<slug:slug>/leave/", LeaveView.as_view(), name="api-room-leave"),
    path("rooms/<slug:slug>/members/", MembersView.as_view(), name="api-members"),
    path("rooms/<slug:slug>/messages/", MessagesView.as_view(), name="api-messages"),
    path("rooms/<slug:slug>/messages/<int:message_id>/", MessageView.as_view(), name="api-message"),
    path("rooms/<slug:slug>/messages/<int:message_id>/reports/", ReportsView.as_view(), name="api-message-reports"),
]
