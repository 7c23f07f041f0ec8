import type { WireRequest } from "../../src/core/call.ts";
import type { ServerEvent } from "../../src/core/stream.ts";
import type { Transport, WireResponse } from "../../src/core/transport.ts";

export interface Lies {
  /** Another body for an answer in JSON; `undefined` for what the node says itself. */
  readonly body?: (request: WireRequest, told: Record<string, unknown>) => unknown;
  /** Other events in place of one. */
  readonly events?: (event: ServerEvent) => readonly ServerEvent[];
  /** Another answer altogether. */
  readonly instead?: (request: WireRequest) => { readonly status: number; readonly body: string } | undefined;
}

/** A node that says what it likes: between it and Breakwater stand these lies. */
export function lying(transport: Transport, lies: Lies): Transport {
  return {
    async send(request, cancellation) {
      const instead = lies.instead?.(request);
      if (instead) return response(instead.status, Buffer.from(instead.body));
      const told = await transport.send(request, cancellation, Number.POSITIVE_INFINITY);
      if (!told.ok || told.status !== 200 || told.body.length === 0 || !lies.body) return told;
      const changed = lies.body(request, JSON.parse(Buffer.from(told.body).toString()));
      if (changed === undefined) return told;
      return { ...told, body: Buffer.from(JSON.stringify(changed)), headers: told.headers, header: told.header };
    },
    subscribe: (request, reader) =>
      transport.subscribe(request, {
        ...reader,
        opened: () => reader.opened(),
        alive: () => reader.alive(),
        ended: (why) => reader.ended(why),
        event(event) {
          for (const one of lies.events?.(event) ?? [event]) reader.event(one);
        },
      }),
    close: () => transport.close(),
  };
}

function response(status: number, body: Uint8Array): WireResponse {
  const headers = { "content-type": "application/json" };
  return {
    ok: true,
    status,
    header: (name) => headers[name as keyof typeof headers],
    headers: () => headers,
    body,
    rest: undefined,
  };
}
