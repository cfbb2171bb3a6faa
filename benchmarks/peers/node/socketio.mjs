// Socket.IO: `join` enters a room, `message` goes to all of it, the sender included.
// PORT and ADAPTER (memory, redis) are read, and REDIS_URL for redis. Engine.IO's ws finds `bufferutil` by itself.

import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const { ADAPTER = "memory", PORT, REDIS_URL } = process.env;

const io = new Server({
  // The clients come with WebSocket at once: no polling, no upgrade, no client script.
  transports: ["websocket"],
  serveClient: false,
  perMessageDeflate: false,
  // And no connectionStateRecovery, which is off by default: it keeps every message for a while.
});
if (ADAPTER === "redis") io.adapter(await redisAdapter());
else if (ADAPTER !== "memory") throw new Error(`ADAPTER is ${ADAPTER}, and has to be memory or redis.`);

io.on("connection", (socket) => {
  socket.on("join", async ({ room }, joined) => {
    await socket.join(room);
    joined();
  });
  socket.on("message", ({ room, message }) => {
    io.to(room).emit("message", { message });
  });
});

const server = createServer();
io.attach(server);
// Its page on memory usage: the request of the handshake is kept for as long as the connection unless one lets it go.
io.engine.on("connection", (raw) => {
  raw.request = null;
});
// A crowd that comes at once waits in the kernel's queue instead of trying again a second later.
server.listen({ host: "127.0.0.1", port: Number(PORT), backlog: 4096 });

/** One connection publishes, the other listens, as the adapter wants it. */
async function redisAdapter() {
  const publishing = createClient({ url: REDIS_URL });
  const listening = publishing.duplicate();
  for (const client of [publishing, listening]) client.on("error", (error) => console.error(error));
  await Promise.all([publishing.connect(), listening.connect()]);
  return createAdapter(publishing, listening);
}
