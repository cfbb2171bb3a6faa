"""docs/how-to/use-the-browser-client.md: its module, in a window on a real server."""

from __future__ import annotations

from tests.browser.windows import api, room
from tests.support.pages import block

PAGE = "docs/how-to/use-the-browser-client.md"
MODULE = block(PAGE, "static/example/talk.js")

START = """async ([path, userId, slug]) => {
  const { talk } = await import(path);
  window.told = [];
  window.shown = [];
  const show = (state) => { window.shown = state.messages.map(({ text }) => text); };
  window.talking = talk({ userId, slug, show, tell: (word) => window.told.push(word) });
}"""


def test_the_module_shows_a_room_writes_in_it_and_says_how_it_is_connected(windows):
    page = windows.of("demo")
    page.route(f"**/{MODULE.name}", lambda route: route.fulfill(body=MODULE.text, content_type="text/javascript"))
    slug = room(page)
    api(page, "POST", f"rooms/{slug}/messages/", {"text": "before"}, status=201)
    page.evaluate(START, [f"/{MODULE.name}", api(page, "GET", "me/")["id"], slug])
    page.wait_for_function("() => window.shown.includes('before')")
    page.evaluate("window.talking.say('after')")
    page.wait_for_function("() => window.shown.join() === 'before,after'")
    assert "connected" in page.evaluate("window.told")
    stored = api(page, "GET", f"rooms/{slug}/messages/")["results"]
    assert [message["text"] for message in stored] == ["after", "before"]
    page.evaluate("window.talking.stop()")


PACKED = """async ([userId, slug]) => {
  const { RealtimeClient } = await import("/static/realtime/client.js");
  const { msgpack } = await import("/static/realtime/msgpack.js");
  window.sockets = [];
  window.kinds = [];
  const Noting = class extends WebSocket {
    constructor(...wanted) {
      super(...wanted);
      window.sockets.push(this);
      this.addEventListener("message", ({ data }) => window.kinds.push(data.constructor.name));
    }
  };
  window.client = new RealtimeClient({ url: "/ws/", userId, encoding: msgpack, WebSocket: Noting });
  window.told = [];
  const room = window.client.subscribe(`chat/${slug}`);
  const tell = ({ text }) => window.told.push(text);
  room.addEventListener("snapshot", ({ detail }) => detail.snapshot.messages.forEach(tell));
  room.addEventListener("event", ({ detail }) => tell(detail.data));
  window.client.start();
  window.say = (text) => window.client.post(`chat/${slug}`, "message.post", { text });
}"""


def test_a_client_that_is_given_messagepack_speaks_it_in_compressed_messages(windows):
    page, long = windows.of("demo"), "é👋 " * 300
    slug = room(page)
    api(page, "POST", f"rooms/{slug}/messages/", {"text": long}, status=201)
    page.evaluate(PACKED, [api(page, "GET", "me/")["id"], slug])
    page.wait_for_function("(long) => window.told.includes(long)", arg=long)
    page.evaluate("(text) => window.say(text)", f"{long}again")
    page.wait_for_function("(text) => window.told.at(-1) === text", arg=f"{long}again")
    (socket,) = page.evaluate("window.sockets.map(({ protocol, extensions }) => ({ protocol, extensions }))")
    assert socket["protocol"] == "chorus.v1.msgpack"
    assert "permessage-deflate" in socket["extensions"]
    assert set(page.evaluate("window.kinds")) == {"ArrayBuffer"}
    page.evaluate("window.client.stop()")


def test_a_room_that_is_not_there_is_told_in_a_sentence(windows):
    page = windows.of("demo")
    page.route(f"**/{MODULE.name}", lambda route: route.fulfill(body=MODULE.text, content_type="text/javascript"))
    page.evaluate(START, [f"/{MODULE.name}", api(page, "GET", "me/")["id"], "no-such-room"])
    page.wait_for_function("() => window.told.some((word) => word.includes('There is nothing here'))")
