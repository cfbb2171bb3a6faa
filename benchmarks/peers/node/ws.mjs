// ws without anything above it: who connects to /ws/chat/<room>/ is in that room, and what one says all of it hear.
// One process, no Redis. PORT is read. `bufferutil` is found by ws itself, and unmasks in native code.

import { WebSocketServer } from "ws";

/** @type {Map<string, Set<import("ws").WebSocket>>} */
const rooms = new Map();
const TEXT = { binary: false };

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  // A crowd that comes at once waits in the kernel's queue instead of trying again a second later.
  backlog: 4096,
  perMessageDeflate: false,
  // The rooms are the list of clients; a second one would only be kept up to date.
  clientTracking: false,
});

server.on("connection", (socket, request) => {
  const room = request.url ?? "/";
  const members = rooms.get(room) ?? new Set();
  rooms.set(room, members.add(socket));

  socket.on("message", (data) => {
    const { message } = JSON.parse(data.toString());
    // Encoded once: from a buffer ws writes the same bytes to everybody, a string it would encode for each.
    const bytes = Buffer.from(JSON.stringify({ message }));
    for (const member of members) member.send(bytes, TEXT);
  });
  socket.on("close", () => {
    members.delete(socket);
    if (members.size === 0 && rooms.get(room) === members) rooms.delete(room);
  });
  // A broken connection is reported here and then closed; without a listener it would end the process.
  socket.on("error", () => {});
});
