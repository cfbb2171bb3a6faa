"""Tokens, and who one is. Views check the shape and call `accounts.services`."""

from __future__ import annotations

from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import (
    CredentialsSerializer,
    MeSerializer,
    RefreshSerializer,
    TokenPairSerializer,
    TokenSerializer,
)
from accounts.services import account_recognize, tokens_issue, tokens_refresh
from realtime.http.schema import answers
from realtime.identity import identity_of
from realtime.protocol.errors import Unauthenticated

__all__ = ["MeView", "TokenRefreshView", "TokenView"]


class TokenView(APIView):
    """`POST /api/token/`."""

    # Whoever asks for a token has none; a stale one in the header must not stand in the way.
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="token_create",
        summary="Get an access and a refresh token",
        tags=["accounts"],
        request=CredentialsSerializer,
        responses=answers({200: TokenPairSerializer}, 400, 401, 429),
    )
    @method_decorator(sensitive_variables())
    def post(self, request: Request) -> Response:
        asked = CredentialsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = account_recognize(request=request._request, **asked.validated_data)
        if user is None:
            raise Unauthenticated("There is no active account with this name and password.")
        return Response(tokens_issue(user=user))


class TokenRefreshView(APIView):
    """`POST /api/token/refresh/`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="token_refresh",
        summary="Get a new access token",
        tags=["accounts"],
        request=RefreshSerializer,
        responses=answers({200: TokenSerializer}, 400, 401, 429),
    )
    def post(self, request: Request) -> Response:
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(tokens_refresh(refresh=asked.validated_data["refresh"]))


class MeView(APIView):
    """`GET /api/me/`."""

    @extend_schema(
        operation_id="me",
        summary="Who this request speaks for",
        tags=["accounts"],
        responses=answers({200: MeSerializer}, 401),
    )
    def get(self, request: Request) -> Response:
        assert request.user.is_authenticated
        identity = identity_of(request.user)
        return Response(MeSerializer({"id": identity.id, "name": identity.name, "staff": identity.staff}).data)
