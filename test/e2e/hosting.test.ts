import assert from "node:assert/strict";
import { test } from "node:test";
import { type Running, startBreakwater } from "../support/breakwater.ts";
import { eventually } from "../support/eventually.ts";
import { RawUpstream } from "../support/raw-upstream.ts";

interface Shown {
  readonly networks: readonly [
    {
      readonly hosting: null | {
        readonly seen: number;
        readonly declared: { readonly top: string };
        readonly upstreams: readonly { readonly upstream: string; readonly finding: string }[];
      };
    },
  ];
}

/** Asks until the first look is over, for some seconds. */
function hostingOf({ admin }: Running) {
  return eventually(async () => {
    const { networks } = (await (await fetch(`${admin}/api/status`)).json()) as Shown;
    return networks[0].hosting ?? undefined;
  }, "nobody looked where upstreams are hosted");
}

test("hosting, over real sockets: a machine of one's own is not said to be elsewhere, and a missing database does not stop the service", {
  timeout: 60_000,
}, async () => {
  const upstream = await RawUpstream.start();
  const proxy = await startBreakwater(`
hosting: { database: /nowhere/asn.mmdb }
networks:
  ethereum:
    upstreams: [{ id: raw, url: "${upstream.url}", provider: hetzner }]`);
  try {
    const { seen, declared, upstreams } = await hostingOf(proxy);
    assert.deepEqual([seen, declared.top], [0, "hetzner"]);
    assert.deepEqual(
      upstreams.map(({ upstream: id, finding }) => [id, finding]),
      [["raw", "unobservable"]],
    );
    const metrics = await (await fetch(`${proxy.admin}/metrics`)).text();
    assert.match(metrics, /^breakwater_concentration_hosting_hhi\{network="ethereum",account="observed"\} 10000$/m);
    assert.doesNotMatch(metrics, /^breakwater_hosting_mismatch\{/m);
  } finally {
    await proxy.stop();
    upstream.stop();
  }
});
