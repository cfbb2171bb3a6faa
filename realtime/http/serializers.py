"""Serializers and fields for every app's API: strict where DRF's own guess what was meant."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

__all__ = ["ErrorSerializer", "KeyField", "StrictSerializer", "StringField"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt one would else be ignored without a word."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({unknown[0]: ["There is no such field."]})
        return super().to_internal_value(data)


class StringField(serializers.CharField):
    """A JSON string, kept as it is; DRF's own takes numbers and cuts white space off the ends."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class KeyField(StringField):
    """An idempotency key: a UUID in its usual form, as on the socket."""

    default_error_messages = {"key": "A key is a UUID like 123e4567-e89b-42d3-a456-426614174000."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not _UUID.fullmatch(data):
            self.fail("key")
        return uuid.UUID(data)


class ErrorSerializer(serializers.Serializer[Any]):
    """What every refusal looks like."""

    code = serializers.CharField(help_text="One of the protocol's error codes.")
    message = serializers.CharField(help_text="A sentence for people.")
    field = serializers.CharField(required=False, help_text="The value that is wrong, where one is to blame.")
