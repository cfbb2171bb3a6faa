"""The engine's manners over HTTP, for every app's API: one shape of error, one way in, bounded bodies.

    errors.py          exceptions to `{code, message, field?}` with status and headers
    authentication.py  `Authorization: Bearer`, with the account's standing looked at each time
    parsers.py         JSON, bounded in size and depth
    serializers.py     serializers and fields that refuse what they do not know; the schema of an error
    throttling.py      per address and per user
    schema.py          what the OpenAPI document says of all this

Knows Django REST framework and the protocol's errors. Knows no view, no room and no user page.
"""

from realtime.http.serializers import ErrorSerializer, KeyField, StrictSerializer, StringField

# Only this: DRF's views import the classes its settings name while they are being imported themselves.
__all__ = ["ErrorSerializer", "KeyField", "StrictSerializer", "StringField"]
