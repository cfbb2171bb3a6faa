"""WebSocket addresses that are none."""

from __future__ import annotations

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


@pytest.mark.parametrize("path", ["nowhere/", "../", "%00"])
async def test_an_address_that_nobody_listed_is_refused_without_a_word_in_the_log(chorus, path):
    with pytest.raises(InvalidStatus) as refused:
        await connect(chorus.ws_url + path)
    assert refused.value.response.status_code == 403
    assert "No route found" not in chorus.log_tail()
