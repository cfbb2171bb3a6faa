"""Shapes of requests and answers, for checking and for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from realtime.http import StrictSerializer, StringField

__all__ = ["CredentialsSerializer", "MeSerializer", "RefreshSerializer", "TokenPairSerializer", "TokenSerializer"]


class CredentialsSerializer(StrictSerializer):
    """Name and password."""

    username = StringField(max_length=150)
    password = StringField(max_length=1_024, style={"input_type": "password"})


class RefreshSerializer(StrictSerializer):
    """A refresh token."""

    refresh = StringField(max_length=8_192)


class TokenSerializer(serializers.Serializer[Any]):
    """A new access token."""

    access = serializers.CharField(help_text="For `Authorization: Bearer` and for the socket's `auth`.")


class TokenPairSerializer(TokenSerializer):
    """Both tokens."""

    refresh = serializers.CharField(help_text="For `/api/token/refresh/` alone.")


class MeSerializer(serializers.Serializer[Any]):
    """Who the request speaks for."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    staff = serializers.BooleanField()
