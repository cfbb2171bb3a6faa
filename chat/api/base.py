"""What every view of this API shares: who asks, and the room they ask about."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.models import User
from chat.access import Access, access_room
from chat.limits import take_post

__all__ = ["ChatView", "checked"]


class ChatView(APIView):
    """A view for authenticated users."""

    def me(self) -> User:
        """Who asks; permissions have made sure that it is somebody."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    def room(self, slug: str) -> Access:
        """The room, for who asks. Raises NotFound for none and for one they may not know of, Forbidden if banned."""
        return access_room(self.me(), slug)

    def take_post(self) -> None:
        """Count a write towards what one user may post, on sockets and here together. Raises RateLimited."""
        take_post(self.me().id, exempt=self.me().is_load_account)


def checked(kind: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """What was asked, by its shape: the query of a GET, else the body. Raises a ValidationError with the field."""
    asked = kind(data=request.query_params.dict() if request.method == "GET" else request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
