/**
 * Proves on a chain of real beacon nodes that a light client follows it: `npm run e2e:light-client`, some three minutes.
 * It begins at the block that is final by then, is asked for more until it knows two further final blocks, and each must
 * be the one that the nodes have. Exits with 1 when one is not, with 2 when the chain could not be run.
 */
import type { LightClientStatus } from "../../src/core/verification.ts";
import { type BeaconNode, startBed } from "./bed.ts";
import { startBreakwater } from "./breakwater.ts";
import { installLodestar } from "./lodestar.ts";
import { until } from "./processes.ts";

const settings = { nodes: 2, validators: 32, secondsPerSlot: 2 };

/** Four epochs of 16 s until a block is final, and one for each further one; with room for a busy machine. */
const patienceMs = 240_000;

interface Header {
  readonly root: string;
  readonly header: { readonly message: { readonly slot: string } };
}

interface Block {
  readonly message: { readonly body: { readonly execution_payload: { block_number: string; block_hash: string } } };
}

/** The block that a node takes for final, once it is not the first of all. */
async function finalOf({ api }: BeaconNode): Promise<string | undefined> {
  const { root, header } = await api.ask<Header>("/eth/v1/beacon/headers/finalized");
  return Number(header.message.slot) > 0 ? root : undefined;
}

async function lightClientOf(admin: string): Promise<LightClientStatus> {
  const answer = await fetch(`${admin}/api/verification`);
  const { lightClients } = (await answer.json()) as { lightClients: readonly LightClientStatus[] };
  return lightClients[0] as LightClientStatus;
}

const told = (line: string) => process.stdout.write(`${line}\n`);

async function prove(): Promise<boolean> {
  const software = await installLodestar(told);
  if ("missing" in software) throw new Error(software.missing);
  const bed = await startBed(software, settings);
  try {
    const { control } = bed;
    bed.client("validators", control.api.url, [0, settings.validators - 1], `0x${"a".repeat(40)}`);
    told(`${settings.nodes + 1} nodes of ${software.name} run; until a block is final it takes some four epochs`);
    const checkpoint = await until("first final block", patienceMs, [control.program()], () => finalOf(control));
    told(`it begins at ${checkpoint}`);
    const { admin } = await startBreakwater(bed, {
      verification: { mode: "observe" },
      // Nobody need serve the execution layer for its headers to be known.
      networks: {
        execution: { lightClient: { network: "beacon", checkpoint }, upstreams: [{ url: "http://127.0.0.1:9" }] },
      },
    });
    let known = -1;
    let right = true;
    for (let further = 0; further <= 2; further++) {
      const { block, refused } = await until("a newer final block", patienceMs, [control.program()], async () => {
        const status = await lightClientOf(admin);
        return (status.block?.number ?? -1) > known ? status : undefined;
      });
      if (!block) return false;
      known = block.number;
      const { message } = await control.api.ask<Block>(`/eth/v2/beacon/blocks/${block.slot}`);
      const { block_number, block_hash } = message.body.execution_payload;
      const same = Number(block_number) === block.number && block_hash === block.hash;
      right &&= same && refused === 0;
      told(
        `slot ${block.slot}: block ${block.number} ${block.hash}, ${same ? "as the nodes have it" : "NOT the nodes'"}`,
      );
    }
    return right;
  } finally {
    await bed.stop(false);
  }
}

// The programs of the bed end with this one.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = (await prove()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = 2;
}
