import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Browser } from "../support/browser.js";

/** @import { FakeClock } from "../support/clock.js" */
/** @import { Tab } from "../support/browser.js" */

/** @type {Tab} */
let tab;
/** @type {FakeClock} */
let clock;

beforeEach(() => {
  const browser = new Browser();
  clock = browser.clock;
  tab = browser.tab();
});

const last = () => tab.states.at(-1);
const attempts = () => tab.network.sockets.length;

/** Loses the connection and waits until the next attempt has begun. */
async function lose(code = 1006, reason = "") {
  tab.socket.end(code, reason);
  await clock.advance(last().retryAt - clock.now());
}

test("it goes from idle over connecting to connected, saying why", async () => {
  assert.equal(tab.client.state, "idle");
  await tab.connect();
  assert.deepEqual(
    tab.states.map(({ previous, state, reason }) => [previous, state, reason]),
    [["idle", "connecting", "started"], ["connecting", "connected", "ready"]],
  );
  assert.deepEqual(tab.client.user, { id: 7, name: "ada" });
  assert.deepEqual(tab.socket.protocols, ["chorus.v1.json"]);
});

test("starting twice opens one connection", async () => {
  await tab.connect();
  tab.client.start();
  assert.equal(attempts(), 1);
});

for (const code of [1000, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 4000, 4008, 4009, 4010, 4499]) {
  test(`after close code ${code} it comes back, with a wait in between`, async () => {
    await tab.connect();
    tab.socket.end(code);
    assert.deepEqual([last().state, last().code, last().retryAt], ["waiting", code, clock.now() + 250]);
    await clock.advance(249);
    assert.equal(attempts(), 1);
    await clock.advance(1);
    assert.equal(attempts(), 2);
    assert.deepEqual([last().state, last().reason], ["connecting", "retry"]);
  });
}

for (const code of [4500, 4501, 4503, 4504, 4508, 4509, 4999]) {
  test(`after close code ${code} it stays away until it is started again`, async () => {
    await tab.connect();
    tab.socket.end(code);
    assert.deepEqual([last().state, last().reason, last().code], ["closed", "refused", code]);
    tab.page.wake("online");
    tab.page.wake("visible");
    tab.client.retryNow();
    await clock.advance(600_000);
    assert.equal(attempts(), 1);
    tab.client.start();
    assert.equal(attempts(), 2);
  });
}

test("waits grow with every failure and stay at the cap", async () => {
  tab.client.start();
  const waits = [];
  for (let failure = 0; failure < 8; failure++) {
    tab.socket.end();
    waits.push(last().retryAt - clock.now());
    await clock.advance(last().retryAt - clock.now());
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("a connection that does not last a minute does not shorten the next wait", async () => {
  tab.client.start();
  for (const expected of [250, 500, 1000]) {
    tab.socket.greet();
    tab.socket.answer = (frame) => frame.op === "ping" && tab.socket.receive({ op: "pong" });
    await clock.advance(59_000);
    tab.socket.end();
    assert.equal(last().retryAt - clock.now(), expected);
    await clock.advance(expected);
  }
});

test("a connection that lasts a minute makes the next wait the shortest again", async () => {
  tab.client.start();
  await lose();
  await lose();
  await lose();
  tab.socket.greet();
  tab.socket.answer = (frame) => frame.op === "ping" && tab.socket.receive({ op: "pong" });
  await clock.advance(60_000);
  tab.socket.end();
  assert.equal(last().retryAt - clock.now(), 250);
});

for (const reason of ['{"retry_after_s": 30}', "30"]) {
  test(`close code 4001 with ${reason} keeps it away that long, whatever wakes it`, async () => {
    await tab.connect();
    tab.socket.end(4001, reason);
    assert.equal(last().retryAt, clock.now() + 30_250);
    tab.page.wake("offline");
    assert.equal(last().state, "offline");
    tab.page.wake("online");
    assert.equal(last().state, "waiting");
    tab.page.wake("visible");
    await clock.advance(30_249);
    assert.equal(attempts(), 1);
    await clock.advance(1);
    assert.equal(attempts(), 2);
  });
}

for (const reason of ["", "later", '{"retry_after_s": -1}', '{"retry_after_s": "x"}', "null"]) {
  test(`close code 4001 with the reason ${JSON.stringify(reason)} is a common wait`, async () => {
    await tab.connect();
    tab.socket.end(4001, reason);
    assert.equal(last().retryAt, clock.now() + 250);
  });
}

test("the user's own wish ends even a wait the server asked for", async () => {
  await tab.connect();
  tab.socket.end(4001, "30");
  tab.client.retryNow();
  assert.deepEqual([last().state, last().reason, attempts()], ["connecting", "asked", 2]);
});

for (const kind of /** @type {const} */ (["online", "visible"])) {
  test(`${kind} ends a wait at once`, async () => {
    await tab.connect();
    tab.socket.end();
    tab.page.wake(kind);
    assert.deepEqual([last().state, last().reason, attempts()], ["connecting", kind, 2]);
    await clock.advance(9_000);
    assert.equal(attempts(), 2, "the wait's own timer is gone");
  });
}

test("without a network the wait is called offline, and is long but not for ever", async () => {
  await tab.connect();
  tab.page.isOnline = false;
  tab.socket.end();
  assert.deepEqual([last().state, last().retryAt - clock.now()], ["offline", 20_000]);
  await clock.advance(20_000);
  assert.equal(attempts(), 2);
});

test("a wait changes its name when the network goes, and ends when it comes back", async () => {
  await tab.connect();
  tab.socket.end();
  const { retryAt } = last();
  tab.page.wake("offline");
  assert.deepEqual([last().state, last().reason, last().retryAt], ["offline", "network", retryAt]);
  tab.page.wake("online");
  assert.deepEqual([last().state, last().reason], ["connecting", "online"]);
});

test("an attempt begun without a network is begun anew when the network comes", async () => {
  tab.page.isOnline = false;
  tab.client.start();
  tab.page.wake("online");
  assert.equal(attempts(), 2);
  assert.notEqual(tab.network.sockets[0].closedWith, null);
});

test("losing the network while connected is checked, not believed", async () => {
  await tab.connect();
  tab.page.wake("offline");
  assert.equal(tab.socket.all("ping").length, 1);
  tab.socket.receive({ op: "pong" });
  await clock.advance(20_000);
  assert.equal(tab.client.state, "connected");
});

test("a connection that does not answer after the network changed is given up soon", async () => {
  await tab.connect();
  tab.page.wake("offline");
  await clock.advance(4_000);
  assert.deepEqual([last().state, last().reason], ["offline", "heartbeat_missed"]);
  assert.notEqual(tab.socket.closedWith, null);
});

test("without a greeting within ten seconds the attempt is given up", async () => {
  tab.client.start();
  tab.socket.open();
  await clock.advance(10_000);
  assert.deepEqual([last().state, last().reason, last().code], ["waiting", "no_hello", null]);
});

test("a first frame that is no greeting ends the attempt", () => {
  tab.client.start();
  tab.socket.open();
  tab.socket.receive({ op: "pong" });
  assert.deepEqual([last().state, last().reason], ["waiting", "protocol"]);
});

test("a greeting in another version of the protocol ends the attempt", () => {
  tab.client.start();
  tab.socket.greet({ v: 2 });
  assert.deepEqual([last().state, last().reason], ["waiting", "protocol"]);
});

test("a second greeting ends the connection: somebody is confused", async () => {
  await tab.connect();
  tab.socket.greet();
  assert.deepEqual([last().state, last().reason], ["waiting", "protocol"]);
});

test("a network that has come back makes the next wait the shortest again", async () => {
  tab.client.start();
  for (let failure = 0; failure < 5; failure++) await lose();
  tab.socket.end();
  tab.page.wake("online");
  tab.socket.end();
  assert.equal(last().retryAt - clock.now(), 250);
});

test("frames that are not understood do not end a connection", async () => {
  await tab.connect();
  tab.socket.receive("{nonsense");
  tab.socket.receive({ op: "later_invention" });
  assert.equal(tab.client.state, "connected");
});

test("silence after a ping ends the connection, and the close is not waited for", async () => {
  await tab.connect();
  await clock.advance(35_000);
  assert.deepEqual([last().state, last().reason], ["waiting", "heartbeat_missed"]);
  assert.notEqual(tab.socket.closedWith, null);
});

test("after a laptop's sleep it connects anew at once", async () => {
  await tab.connect();
  clock.sleep(3_600_000);
  await clock.advance(5_000);
  assert.deepEqual([last().previous, last().state, last().reason], ["connected", "connecting", "slept"]);
  assert.equal(attempts(), 2);
});

test("what an old socket says is heard by nobody", async () => {
  await tab.connect();
  const old = tab.socket;
  await lose();
  old.greet();
  old.end(4500);
  assert.equal(tab.client.state, "connecting");
});

test("a user other than ours ends it for good", async () => {
  tab.client.start();
  tab.socket.greet({ user: { id: 8, name: "bob" } });
  await clock.advance(0);
  assert.deepEqual([last().state, last().reason], ["closed", "user_changed"]);
});

test("an address that is none closes it with that reason", () => {
  const wrong = new Browser().tab({ WebSocket: throwing });
  wrong.client.start();
  assert.deepEqual([wrong.client.state, wrong.client.status.reason], ["closed", "bad_url"]);
});

test("stopping ends the socket, the timers and the listeners, in every state", async () => {
  const ways = {
    connecting: () => tab.client.start(),
    connected: () => tab.connect(),
    waiting: () => (tab.client.start(), tab.socket.end()),
  };
  for (const [state, reach] of Object.entries(ways)) {
    await reach();
    assert.equal(tab.client.state, state);
    tab.client.stop();
    await clock.advance(0);
    assert.deepEqual([last().state, last().reason], ["idle", "stopped"]);
    assert.equal(tab.socket.readyState, 3);
    assert.equal(tab.page.listeners.size, 0);
    assert.equal(clock.pending, 0);
  }
});

test("stopping in the moment of the greeting is obeyed", async () => {
  tab.client.start();
  tab.socket.greet();
  tab.client.stop();
  await clock.advance(60_000);
  assert.deepEqual([tab.client.state, clock.pending], ["idle", 0]);
});

test("a listener may stop the client while it is told of a state", async () => {
  await tab.connect();
  const room = tab.client.subscribe("chat/a");
  room.addEventListener("state", ({ detail }) => detail.state === "waiting" && tab.client.stop());
  tab.socket.end();
  await clock.advance(60_000);
  assert.deepEqual([tab.client.state, attempts(), clock.pending], ["idle", 1, 0]);
  assert.equal(last().state, "idle");
});

class throwing extends EventTarget {
  readyState = 0;

  constructor() {
    super();
    throw new SyntaxError("No URL.");
  }

  send() {}

  close() {}
}
