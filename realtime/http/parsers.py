"""JSON bodies, bounded. DRF's parser reads whatever comes to its end and lets deep nesting crash it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

__all__ = ["BodyTooLarge", "JSONParser"]


class BodyTooLarge(APIException):
    """The body has more bytes than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request body is too large."


class JSONParser(BaseParser):
    """RFC 8259: no NaN, no Infinity; nesting beyond what Python can hold is a client's error."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read() if limit is None else stream.read(limit + 1)
        if limit is not None and len(raw) > limit:
            raise BodyTooLarge
        try:
            return json.loads(raw.decode(), parse_constant=_refuse)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:
            raise ParseError("The body is not JSON.") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
