import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { type Clock, repeat } from "../lib/clock.ts";

/** How often connections are looked through while a listener closes, in milliseconds. */
const sweepMs = 250;

/**
 * Bounds how long `app.close()` takes. A closing server waits for every connection that is not idle, and Node takes for
 * busy also one on which nothing was ever asked (load balancers and browsers keep such), one whose request never comes
 * to its end, and one whose client does not read. The first are closed soon; whatever is open after `graceMs` is cut.
 * Connections that became idle since closing began are closed too.
 */
export function boundClosing(app: FastifyInstance, clock: Clock, graceMs: number): void {
  const { server } = app;
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  const sweep = (): void => {
    server.closeIdleConnections();
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  };
  app.addHook("preClose", (done) => {
    if (server.listening) {
      const sweeping = repeat(clock, () => sweepMs, sweep);
      const patience = clock.schedule(graceMs, () => server.closeAllConnections());
      server.once("close", () => {
        sweeping.cancel();
        patience.cancel();
      });
    }
    done();
  });
}
