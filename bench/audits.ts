import { fault } from "../src/core/outcome.ts";
import { type Behaviour, type Node, questionOf, type Rehearsal, rehearse } from "../src/verification/rehearsal.ts";
import { auditRate, caughtWithin } from "../src/verification/trust.ts";

// How long a liar stays unknown, what audits cost, and whether honest upstreams are ever taken for liars: in virtual time,
// seeded, so that it prints the same on each machine. `node bench/audits.ts`

const wallet = `0x${"1".repeat(40)}`;

/** A balance at a block: final ones are up to 900, the head is 1000. */
function balance(block: number) {
  return questionOf("eth_getBalance", [wallet, `0x${block.toString(16)}`], block);
}

function liesIn(share: number): Behaviour {
  return (method, _params, truth, random) => (method === "eth_getBalance" && random() < share ? "0xbad" : truth);
}

/** How many calls a liar answers until it is out, when a fixed share of its calls is audited. */
async function callsUntilCaught(lies: number, audited: number, block: number, seed: number): Promise<number> {
  const rates = { newcomers: audited, trusted: audited, budget: 100_000, canaries: 86_400_000 };
  const scene = rehearse(4, rates, seed);
  const liar = scene.nodes[0] as Node;
  liar.behaviour = liesIn(lies);
  const question = balance(block);
  for (let calls = 1; ; calls++) {
    scene.call(liar, question);
    if (scene.clock.nextAt() === undefined) continue;
    // The audit, and then as much time as it takes until new blocks are final.
    await scene.clock.advance(3_000);
    scene.head.finalized = 1_000;
    await scene.clock.advance(10_000);
    scene.head.finalized = 900;
    if (liar.status.disproved !== undefined) return calls;
  }
}

async function detection(lies: number, audited: number, block: number, runs: number) {
  const counts: number[] = [];
  for (let seed = 1; seed <= runs; seed++) counts.push(await callsUntilCaught(lies, audited, block, seed));
  counts.sort((a, b) => a - b);
  const bound = Math.ceil(Math.log(0.05) / Math.log(1 - lies * audited));
  return {
    median: counts[runs >> 1] as number,
    mean: counts.reduce((sum, count) => sum + count, 0) / runs,
    bound,
    within: counts.filter((count) => count <= bound).length / runs,
  };
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-US").replaceAll(",", " ");
}

async function printDetection(): Promise<void> {
  console.log("| lies | audited | about | runs | mean calls until caught | 1/(q r) | caught within N | N | formula |");
  console.log("|---|---|---|---|---|---|---|---|---|");
  const rows: readonly (readonly [lies: number, audited: number, block: number, runs: number])[] = [
    [1, 0.05, 800, 400],
    [1, 0.005, 800, 400],
    [0.1, 0.05, 800, 400],
    [0.1, 0.005, 800, 200],
    [0.01, 0.05, 800, 200],
    [0.01, 0.005, 800, 60],
    [1, 0.05, 1_000, 400],
    [0.1, 0.05, 1_000, 200],
  ];
  for (const [lies, audited, block, runs] of rows) {
    const { mean, bound, within } = await detection(lies, audited, block, runs);
    const about = block <= 900 ? "final blocks" : "new blocks";
    const expected = `${whole(1 / (lies * audited))} | ${percent(within)} | ${whole(bound)} | ${percent(caughtWithin(bound, lies, audited))}`;
    console.log(`| ${percent(lies)} | ${percent(audited)} | ${about} | ${runs} | ${whole(mean)} | ${expected} |`);
  }
}

/** One more block on every node; a hundred blocks later it is final. */
function grow({ head, nodes }: Rehearsal): void {
  head.latest++;
  head.finalized = head.latest - 100;
  for (const node of nodes) node.status.head = head.latest;
}

/** An honest fleet whose members are late, behind, pruned, or for a moment on another fork. */
async function printHonest(calls: number): Promise<void> {
  const scene = rehearse(6, {}, 5);
  const misfortune: readonly Behaviour[] = [
    (_method, _params, truth) => truth,
    (_method, _params, truth, random) => (random() < 0.02 ? fault("timeout", "late") : truth),
    (method, [, place], truth) =>
      method === "eth_getBalance" && typeof place === "string" && Number(place) < scene.head.latest - 128
        ? fault("missing_data", "pruned")
        : truth,
    // One new block in twenty is another one here for six seconds: a fork that does not stay.
    (method, [, place], truth) => {
      const forked = typeof place === "string" && Number(place) === scene.head.latest && Number(place) % 20 === 0;
      return method === "eth_getBalance" && forked && scene.clock.now() % 12_000 < 6_000 ? "0xf0f0" : truth;
    },
    (_method, _params, truth) => truth,
    (_method, _params, truth) => truth,
  ];
  for (const [index, node] of scene.nodes.entries()) node.behaviour = misfortune[index] as Behaviour;
  scene.verification.start();
  const questions = () => {
    const { latest } = scene.head;
    const recent = questionOf("eth_call", [{ to: wallet }, `0x${latest.toString(16)}`], latest);
    return [balance(latest), balance(latest), balance(latest - 50), balance(400), recent];
  };
  let halfway = { asked: 0, seen: 0 };
  for (let count = 0; count < calls; count++) {
    const node = scene.nodes[count % scene.nodes.length] as Node;
    const asked = questions();
    scene.call(node, asked[Math.floor(count / scene.nodes.length) % asked.length] as (typeof asked)[0]);
    if (count % 1_200 === 1_199) grow(scene);
    await scene.clock.advance(10);
    if (count === calls >> 1) halfway = { ...(scene.verification.effort()[0] as typeof halfway) };
  }
  scene.verification.stop();
  const findings = new Map<string, number>();
  for (const { finding } of scene.told) findings.set(finding, (findings.get(finding) ?? 0) + 1);
  const { asked, seen } = scene.verification.effort()[0] as typeof halfway;
  const convicted = scene.verification.upstreams().reduce((sum, { convictions }) => sum + convictions, 0);
  console.log(`\nHonest: ${whole(seen)} answers at 100 calls/s, six upstreams, default rates, canaries each minute`);
  console.log(`audits: ${[...findings].map(([finding, count]) => `${finding} ${whole(count)}`).join(", ")}`);
  console.log(`quarantined: ${convicted}`);
  console.log(
    `calls made for checks: ${whole(asked)}, ${percent(asked / seen)} of the traffic; in the second half ${percent((asked - halfway.asked) / (seen - halfway.seen))}`,
  );
  const rates = { newcomer: 0.05, trusted: 0.005 };
  const shown = scene.verification
    .upstreams()
    .map(
      ({ upstream, trust }) => `${upstream} ${trust.toFixed(4)} (${percent(auditRate(trust, rates, false, false))})`,
    );
  console.log(`trust: ${shown.join(", ")}`);
}

await printDetection();
await printHonest(400_000);
