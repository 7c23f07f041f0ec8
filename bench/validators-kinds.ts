import { publishedVotes, signedBlock } from "./validators-bodies.ts";
import { type BenchChain, blockForms, blockPath, dutiesAsked, dutiesPath } from "./validators-chain.ts";
import { type Ask, votePath } from "./validators-stage.ts";

/** One kind of call that a validator client makes. */
export interface Kind {
  readonly name: string;
  /** How many calls are made in one turn of a round. */
  readonly calls: number;
  /** Is it tried what becomes of it when a node dies? */
  readonly failover: boolean;
  /** Prepares a maker of requests. */
  make(chain: BenchChain): () => Ask;
}

const json = "application/json";
const octets = "application/octet-stream";
/** What clients send that would rather have SSZ. */
const rather = `${octets};q=1.0,${json};q=0.9`;

const votes = (count: number): Kind["make"] => {
  return (chain) => {
    const body = publishedVotes(chain.vote(), count);
    const headers = { "content-type": json, "eth-consensus-version": "electra" };
    return () => ({ method: "POST", path: "/eth/v2/beacon/pool/attestations", headers, body });
  };
};

const published = (blobs: number): Kind["make"] => {
  return (chain) => {
    const body = signedBlock(blobs, chain.slot, chain.rootOf(chain.slot - 1));
    const headers = { "content-type": octets, "eth-consensus-version": "electra" };
    return () => ({ method: "POST", path: "/eth/v2/beacon/blocks?broadcast_validation=gossip", headers, body });
  };
};

const data =
  (accept: string): Kind["make"] =>
  (chain) =>
  () => ({ method: "GET", path: votePath(chain.slot), headers: { accept } });

const block =
  (form: keyof typeof blockForms, accept: string): Kind["make"] =>
  (chain) =>
  () => ({ method: "GET", path: blockPath(chain.slot + 1, form), headers: { accept } });

/** Of so many validators. Asked `anew`, no two requests have the same body. */
const duties = (anew: boolean): Kind["make"] => {
  let turn = 0;
  return (chain) => {
    const others = Array.from({ length: dutiesAsked - 1 }, (_, index) => `"${100_001 + index}"`).join(",");
    return () => {
      const first = anew ? 200_000 + (turn++ % 700_000) : 100_000;
      const body = Buffer.from(`["${first}",${others}]`);
      return { method: "POST", path: dutiesPath(chain.epoch), headers: { accept: json, "content-type": json }, body };
    };
  };
};

/** All that is measured, in the order of the table. */
export const kinds: readonly Kind[] = [
  { name: "attestation data, JSON", calls: 100, failover: true, make: data(json) },
  { name: "attestation data, SSZ", calls: 100, failover: false, make: data(rather) },
  { name: "block to sign, SSZ 150 KB", calls: 40, failover: true, make: block("small", rather) },
  { name: "block to sign, JSON 300 KB", calls: 40, failover: false, make: block("small", json) },
  { name: "block with 14 blobs to sign, SSZ 2 MB", calls: 15, failover: false, make: block("large", rather) },
  { name: "1 attestation published", calls: 100, failover: false, make: votes(1) },
  { name: "100 attestations published", calls: 60, failover: true, make: votes(100) },
  { name: "3,000 attestations published", calls: 10, failover: false, make: votes(3_000) },
  { name: "block published, SSZ 150 KB", calls: 40, failover: true, make: published(blockForms.small) },
  { name: "block with 14 blobs published, SSZ 2 MB", calls: 15, failover: false, make: published(blockForms.large) },
  { name: "duties of 1,000 validators, asked anew", calls: 40, failover: true, make: duties(true) },
  { name: "duties of 1,000 validators, asked again", calls: 40, failover: false, make: duties(false) },
];
