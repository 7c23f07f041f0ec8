import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { httpAdminClient } from "./admin-client.ts";

/** Asks a listener on loopback that answers as said. */
async function ask(listener: RequestListener, path = "", token?: string, method: "GET" | "POST" | "DELETE" = "GET") {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = httpAdminClient(new URL(`http://127.0.0.1:${port}${path}`), token);
  const answer = await client.ask(method, "/api/status", method === "GET" ? undefined : { a: "ü" });
  server.close();
  server.closeAllConnections();
  return { answer, port, client };
}

for (const method of ["POST", "DELETE"] as const) {
  test(`admin client: a ${method} arrives with its token and its body, below the path that was given`, async () => {
    const { answer } = await ask(
      (request, response) => {
        let text = "";
        request.on("data", (chunk) => (text += chunk));
        request.on("end", () => {
          const { method, url, headers } = request;
          response.statusCode = 201;
          response.end(JSON.stringify([method, url, headers.authorization, headers["content-type"], JSON.parse(text)]));
        });
      },
      "/proxy/",
      "t0ken",
      method,
    );
    const body = [method, "/proxy/api/status", "Bearer t0ken", "application/json", { a: "ü" }];
    assert.deepEqual(answer, { status: 201, body });
  });
}

test("admin client: an answer that is no JSON is one without a body", async () => {
  const { answer } = await ask((_, response) => response.writeHead(502).end("<html>"));
  assert.deepEqual(answer, { status: 502, body: undefined });
});

test("admin client: who does not answer, or not to the end, is a problem in words", async () => {
  const broken = await ask((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{", () => response.destroy());
  });
  assert.match("problem" in broken.answer ? broken.answer.problem : "", /does not answer: /);
  const again = await broken.client.ask("GET", "/api/status");
  assert.deepEqual(again, { problem: `http://127.0.0.1:${broken.port} does not answer: ECONNREFUSED` });
});
