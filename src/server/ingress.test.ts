import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { test } from "node:test";
import type { Reply } from "../core/protocol.ts";
import { createIngress } from "./ingress.ts";

test("ingress: a call under way when it closes is answered, and its connection is not kept alive", async () => {
  let answer: (reply: Reply) => void = () => {};
  const app = createIngress({
    requestBytes: 1_024,
    network: () => ({
      handle: () => {
        queueMicrotask(() => asked.resolve());
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    }),
    names: () => [],
    traffic: { bytesIn: 0, bytesOut: 0 },
  });
  const asked = Promise.withResolvers<void>();
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const agent = new Agent({ keepAlive: true });
  const answered = Promise.withResolvers<string | undefined>();
  request(url, { method: "POST", agent }, (response) => {
    response.resume().on("end", () => answered.resolve(response.headers.connection));
  }).end("{}");
  await asked.promise;
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  answer({ status: 200, headers: {}, body: "{}", rest: undefined, tail: "" });
  assert.equal(await answered.promise, "close");
  await closed;
  agent.destroy();
});
