import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { consensusTypes } from "../../lib/consensus-types.ts";
import { type Chain, chainOf, hexOf } from "./chain.ts";
import { type Bootstrap, readBootstrap, readUpdate, type Update } from "./reading.ts";
import { type Belief, begin, judge } from "./sync.ts";

/**
 * What nodes of Ethereum's mainnet answered. Of July 2024 (Deneb): the bootstrap of slot 9425184, an update of its period and
 * one of the next, whose own next committee is left out; argumentcomputer/zk-light-clients at a4a5d86,
 * `ethereum/test-assets/committee-change`. Of August 2026 (Fulu): the bootstrap of slot 14934240 and the finality update that
 * calls it final; m-reynaldo35/eth-avm-light-client at d475cd9, `tests/fixtures/relayer`.
 */
const file = new URL("fixtures/mainnet.json.gz", import.meta.url);
const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
  readonly deneb: Readonly<Record<"bootstrap" | "committee" | "later", object>>;
  readonly fulu: Readonly<Record<"bootstrap" | "finality", object>>;
};

consensusTypes("mainnet");

/** Source: eth-clients/mainnet, `metadata/config.yaml`. */
const chain = chainOf(
  {
    genesisValidatorsRoot: "0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95",
    genesisForkVersion: "0x00000000",
  },
  {
    PRESET_BASE: "mainnet",
    SECONDS_PER_SLOT: "12",
    ALTAIR_FORK_EPOCH: "74240",
    ALTAIR_FORK_VERSION: "0x01000000",
    BELLATRIX_FORK_EPOCH: "144896",
    BELLATRIX_FORK_VERSION: "0x02000000",
    CAPELLA_FORK_EPOCH: "194048",
    CAPELLA_FORK_VERSION: "0x03000000",
    DENEB_FORK_EPOCH: "269568",
    DENEB_FORK_VERSION: "0x04000000",
    ELECTRA_FORK_EPOCH: "364032",
    ELECTRA_FORK_VERSION: "0x05000000",
    FULU_FORK_EPOCH: "411392",
    FULU_FORK_VERSION: "0x06000000",
  },
) as Chain;

const now = Date.UTC(2026, 7, 20);

function begun(json: object, root: string): Belief {
  const belief = begin(readBootstrap(json, chain) as Bootstrap, root, chain);
  assert.ok(typeof belief !== "string", String(belief));
  return belief;
}

async function hears(belief: Belief, json: object): Promise<Belief> {
  const judgement = await judge(belief, readUpdate(json, chain) as Update, chain, now);
  assert.equal(judgement.what, "news", JSON.stringify(judgement));
  return (judgement as { belief: Belief }).belief;
}

test("mainnet, Deneb: what 512 validators signed is verified, over the change of the committee", async () => {
  const { bootstrap, committee, later } = recorded.deneb;
  const first = begun(bootstrap, "0xefb4338d596b9d335b2da176dc85ee97469fc80c7e2d35b9b9c1558b4602077a");
  assert.equal(first.finalized.execution.number, 20_219_075);
  const second = await hears(first, committee);
  assert.ok(second.next);
  const third = await hears(second, later);
  assert.equal(third.finalized.slot, 9_430_496);
  assert.equal(third.current, second.next);
  assert.equal(third.finalized.execution.number, 20_224_348);
});

test("mainnet, Fulu: the newest form of a signed header is verified", async () => {
  const { bootstrap, finality } = recorded.fulu;
  const belief = begun(bootstrap, "0x06b26eecbd0ea78e0cedc8972cd54344ad7515854354f145cf319059f2aa7ce2");
  const { finalized } = belief;
  const before = { ...belief, finalized: { ...finalized, slot: finalized.slot - 32 } };
  const heard = await hears(before, finality);
  assert.equal(hexOf(heard.finalized.root), hexOf(finalized.root));
  assert.deepEqual(heard.finalized.execution, finalized.execution);
  assert.equal(finalized.execution.number, 25_697_208);
});

test("mainnet: without one of the 512 signatures nothing is believed", async () => {
  const { bootstrap, finality } = recorded.fulu;
  const belief = begun(bootstrap, "0x06b26eecbd0ea78e0cedc8972cd54344ad7515854354f145cf319059f2aa7ce2");
  const before = { ...belief, finalized: { ...belief.finalized, slot: belief.finalized.slot - 32 } };
  const update = readUpdate(finality, chain) as Update;
  const bits = Buffer.from(update.bits);
  const signed = bits.indexOf(0xff);
  bits[signed] = 0xfe;
  const judgement = await judge(before, { ...update, bits }, chain, now);
  assert.deepEqual(judgement, { what: "refused", because: "its signature does not verify" });
});
