import type { VerificationControl, VerifiedUpstream } from "../core/verification.ts";

/** For tests: an upstream in quarantine, found out by its one hundred and third audit. */
export const sampleVerified: VerifiedUpstream = {
  network: "ethereum",
  upstream: "a1",
  trust: 0.25,
  audits: [
    { check: "state", finding: "agreed", count: 102 },
    { check: "state", finding: "proved", count: 1 },
  ],
  phase: "held",
  because: "eth_getBalance at block 7: proven is 0x5",
  since: 1_700_000_000_000,
  until: 1_700_086_400_000,
  convictions: 1,
  passed: 0,
  sameBackend: [],
  forgetful: false,
  traceless: false,
};

/** For tests: what operators see of the checks of answers; `release` lets nobody go but that one. */
export function sampleVerification(upstreams: readonly VerifiedUpstream[] = [sampleVerified]): VerificationControl {
  const claim = { upstream: "a1", digest: "ab", excerpt: '"0x6"' };
  return {
    mode: "quarantine",
    upstreams: () => upstreams,
    evidence: () => [
      {
        id: "5e1f00000000000a",
        at: "2023-11-14T22:13:20.000Z",
        network: "ethereum",
        upstream: "a1",
        check: "state",
        finding: "proved",
        because: "eth_getBalance at block 7: proven is 0x5",
        request: { method: "eth_getBalance", params: '["0x1","0x7"]' },
        answer: claim,
        references: [{ ...claim, upstream: "h1", excerpt: '"0x5"' }],
        header: undefined,
        truth: "0x5",
      },
    ],
    lightClients: () => [
      {
        network: "ethereum",
        beacon: "beacon",
        block: { number: 20_219_075, hash: "0xab", slot: 9_425_184, timestamp: 1_719_926_231 },
        ageSeconds: 900,
        refused: 2,
        contradicted: 1,
        trouble: undefined,
      },
    ],
    effort: () => [{ network: "ethereum", asked: 120, seen: 2_000 }],
    release: (upstream, network = "ethereum") => upstream === "a1" && network === "ethereum",
  };
}
