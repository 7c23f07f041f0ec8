import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capacity } from "../core/capacity.ts";
import { type Carrier, compareLosses, survivability } from "./survivability.ts";

const declared = (perSecond: number): Capacity => ({ perSecond, basis: "declared" });

/** An upstream from its labels, split at spaces, what it bears and what it is sent. */
function carrier(id: string, labels: string, capacity?: number | Capacity, load = 0): Carrier {
  const borne = typeof capacity === "number" ? declared(capacity) : capacity;
  return { id, failureDomains: labels.split(" "), capacity: borne, load };
}

/** Three clouds: aws has 500 of 1,000 calls a second in two regions, hetzner 300, ovh 200. */
const clouds = [
  carrier("a1", "provider:aws region:aws/us client:geth", 300, 60),
  carrier("a2", "provider:aws region:aws/eu client:reth", 200, 20),
  carrier("h1", "provider:hetzner region:hetzner/fsn client:geth", 300, 20),
  carrier("o1", "provider:ovh client:besu", 200),
];

test("survivability: what a domain holds, what remains without it, and by how much that is too little", () => {
  const { domains, capacity, load, measured, basis } = survivability(clouds, 600, 0.1);
  assert.deepEqual([capacity, load, measured, basis], [1_000, 100, true, "declared"]);
  const aws = domains.find(({ domain }) => domain === "provider:aws");
  assert.deepEqual(aws, {
    domain: "provider:aws",
    dimension: "provider",
    entity: "aws",
    members: ["a1", "a2"],
    decides: true,
    capacityShare: 0.5,
    loadShare: 0.8,
    remaining: 500,
    ratio: 0.75,
    headroom: 0.75,
    deficit: 150,
    unserved: 100,
    survives: false,
  });
});

test("survivability: domains come the worst first, and the first is the verdict", () => {
  const { domains, domainCount, one } = survivability(clouds, 600, 0.1);
  assert.deepEqual(
    domains.map(({ domain, remaining }) => `${domain} ${remaining}`),
    [
      "client:geth 400",
      "provider:aws 500",
      "provider:hetzner 700",
      "region:aws/us 700",
      "region:hetzner/fsn 700",
      "provider:ovh 800",
      "region:aws/eu 800",
      "client:reth 800",
      "client:besu 800",
    ],
  );
  assert.deepEqual([domainCount, one?.domain, one?.ratio], [9, "client:geth", 0.6]);
});

test("survivability: the verdict by demand and reserve, exactly enough is enough", () => {
  const two = [carrier("a", "provider:aws", 100), carrier("b", "provider:ovh", 70)];
  const table: [demand: number | undefined, reserve: number, ratio: number, deficit: number, survives: boolean][] = [
    [63, 0.1, 1, 0, true],
    [63.01, 0.1, 63 / 63.01, 0.01, false],
    [70, 0, 1, 0, true],
    [140, 0, 0.5, 70, false],
    [0, 0.1, 1, 0, true],
    [140, 1, 0, 140, false],
    [undefined, 0.1, 70 / 170, 0, true],
  ];
  for (const [demand, reserve, ratio, deficit, survives] of table) {
    const { one } = survivability(two, demand, reserve);
    assert.equal(one?.domain, "provider:aws");
    assert.ok(Math.abs(one.ratio - ratio) < 1e-9, `${demand}, ${reserve}: ${one.ratio}`);
    assert.ok(Math.abs(one.deficit - deficit) < 1e-9, `${demand}, ${reserve}: ${one.deficit}`);
    assert.equal(one.survives, survives, `${demand}, ${reserve}`);
  }
});

test("survivability: headroom goes on above 1, the ratio does not", () => {
  const { one } = survivability(clouds, 100, 0);
  assert.deepEqual([one?.ratio, one?.headroom], [1, 4]);
});

test("survivability: a single provider leaves nothing, also where nobody calls or nothing is known", () => {
  const alone = [carrier("a", "provider:aws", 100), carrier("b", "provider:aws", 100)];
  for (const demand of [50, 0, undefined]) {
    const { one } = survivability(alone, demand, 0.1);
    assert.deepEqual([one?.ratio, one?.survives], [0, false], `${demand}`);
  }
  const unknown = survivability([carrier("a", "provider:aws")], 50, 0.1);
  assert.deepEqual([unknown.one?.ratio, unknown.one?.survives, unknown.two], [0, false, undefined]);
});

test("survivability: what sums miss by rounding is nothing left", () => {
  const labels = ["provider:aws", "provider:ovh", "provider:ovh"];
  const three = [0.1, 0.2, 0.3].map((capacity, index) => carrier(`u${index}`, labels[index] as string, capacity));
  assert.notEqual(0.1 + 0.2 + 0.3, 0.2 + 0.3 + 0.1);
  const { two } = survivability(three, undefined, 0);
  assert.deepEqual([two?.remaining, two?.survives], [0, false]);
});

test("survivability: where no capacity is known upstreams are counted, and nothing is measured", () => {
  const { basis, measured, one, assumed } = survivability(
    clouds.map((one) => ({ ...one, capacity: undefined })),
    600,
    0.1,
  );
  assert.deepEqual([basis, measured, assumed], ["endpoints", false, 0]);
  assert.deepEqual([one?.domain, one?.remaining, one?.ratio, one?.deficit], ["provider:aws", 2, 0.5, 0]);
  assert.equal(one?.survives, true);
});

test("survivability: what is not known beside others is taken for their average, and said to be", () => {
  const mixed = [
    carrier("a", "provider:aws", 100),
    carrier("b", "provider:ovh", { perSecond: 300, basis: "learned" }),
    carrier("c", "provider:home"),
  ];
  const { basis, assumed, capacity, one } = survivability(mixed, 250, 0);
  assert.deepEqual([basis, assumed, capacity], ["learned", 1, 600]);
  assert.deepEqual([one?.domain, one?.remaining, one?.survives], ["provider:ovh", 300, true]);
});

test("survivability: a jurisdiction is told of and does not decide", () => {
  const lawful = [
    carrier("a", "provider:aws jurisdiction:us", 100),
    carrier("b", "provider:gcp jurisdiction:us", 100),
    carrier("c", "provider:ovh jurisdiction:fr", 100),
  ];
  const { domains, one, two, dimensions } = survivability(lawful, 150, 0);
  assert.deepEqual([domains[0]?.domain, domains[0]?.survives, domains[0]?.decides], ["jurisdiction:us", false, false]);
  assert.deepEqual([one?.domain, one?.survives], ["provider:aws", true]);
  assert.deepEqual(two?.domains, ["provider:aws", "provider:gcp"]);
  assert.deepEqual(
    dimensions.map(({ worst }) => worst.domain),
    ["provider:aws", "jurisdiction:us"],
  );
});

test("survivability: of the worst two, what lies in both is lost once", () => {
  const overlapping = [
    carrier("a", "provider:aws", 100),
    carrier("b", "provider:aws client:geth", 100),
    carrier("c", "provider:ovh client:geth", 30),
    carrier("d", "provider:home", 50),
  ];
  // aws holds 200 and geth 130, yet together they hold 230 only; aws and home hold 250.
  const { two } = survivability(overlapping, 60, 0);
  assert.deepEqual(two?.domains, ["provider:aws", "provider:home"]);
  assert.deepEqual([two?.remaining, two?.ratio, two?.exact, two?.survives], [30, 0.5, true, false]);
});

test("survivability: what goes unserved is expected by dimension, each entity being as likely to fail as another", () => {
  const { dimensions } = survivability(clouds, 900, 0.1);
  const provider = dimensions.find(({ worst }) => worst.dimension === "provider");
  // Without aws 400 of 900 find no room, without hetzner 200, without ovh 100.
  assert.ok(Math.abs((provider?.expectedUnserved ?? 0) - 700 / 3) < 1e-9);
  assert.deepEqual([provider?.worst.entity, provider?.worst.unserved], ["aws", 400]);
});

test("survivability: no more than 4,096 domains are told of, and they are the worst", () => {
  const many = Array.from({ length: 5_000 }, (_, index) => carrier(`u${index}`, `provider:p${index}`, index + 1));
  const { domains, domainCount, one } = survivability(many, 1, 0);
  assert.deepEqual([domains.length, domainCount, one?.domain], [4_096, 5_000, "provider:p4999"]);
});

test("survivability: without upstreams there is nothing to lose", () => {
  const { one, two, capacity, domains } = survivability([], 10, 0.1);
  assert.deepEqual([one, two, capacity, domains], [undefined, undefined, 0, []]);
});

test("survivability: of two networks the one that carries less is the worse, of two that carry all the tighter", () => {
  const at = (demand: number) => survivability(clouds, demand, 0.1).one;
  const [tight, loose, broken] = [at(360), at(100), at(800)];
  assert.ok(tight && loose && broken);
  assert.deepEqual(
    [loose, broken, tight].sort(compareLosses).map(({ headroom }) => headroom),
    [broken.headroom, tight.headroom, loose.headroom],
  );
});
