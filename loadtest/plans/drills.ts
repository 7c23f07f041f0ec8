import { flapping, type Outage } from "./outage.ts";

const home = { provider: "aws", region: "us-east-1" } as const;

/** Time before, and after the faults have ended: enough for a region to be given all of its traffic again. */
const usual = { before: 15, recovery: 60, after: 15 } as const;

/** Nearly everything is answered, and seldom late: another region is some 90 ms away. */
const expect = { answered: 0.999, p99: 1_000 } as const;

/** Outages as they happen every month somewhere, each a pure case of one failure. The default fleet stands in us-east-1. */
export const drills: readonly Outage[] = [
  {
    name: "provider-outage",
    about: "All of AWS takes requests and answers none",
    ...usual,
    strikes: [{ where: { provider: "aws" }, fault: "black_hole", from: 0, to: 30 }],
    expect,
  },
  {
    name: "region-outage",
    about: "AWS us-east-1 takes requests and answers none",
    ...usual,
    strikes: [{ where: home, fault: "black_hole", from: 0, to: 30 }],
    expect,
  },
  {
    name: "region-errors",
    about: "AWS us-east-1 answers HTTP 500 to everything",
    ...usual,
    strikes: [{ where: home, fault: "errors", status: 500, from: 0, to: 30 }],
    expect,
  },
  {
    name: "region-refused",
    about: "AWS us-east-1 refuses connections",
    ...usual,
    strikes: [{ where: home, fault: "refuse", from: 0, to: 30 }],
    expect,
  },
  {
    name: "brown-out",
    about: "AWS us-east-1 fails half of all requests and is slow for half of the others",
    ...usual,
    strikes: [{ where: home, fault: "brown_out", from: 0, to: 30 }],
    expect,
  },
  {
    name: "rate-limit-storm",
    about: "AWS us-east-1 refuses with HTTP 429, and so does Google Cloud, to which everybody moves",
    ...usual,
    strikes: [
      { where: home, fault: "rate_limited", retryAfter: "5s", from: 0, to: 30 },
      { where: { provider: "gcp" }, fault: "rate_limited", retryAfter: "2s", rate: 0.8, from: 3, to: 30 },
    ],
    expect,
  },
  {
    name: "flapping-recovery",
    about: "AWS us-east-1 goes silent, then comes back for 4 s and is gone for 4 s, five times",
    ...usual,
    strikes: [
      { where: home, fault: "black_hole", from: 0, to: 15 },
      ...flapping({ where: home, fault: "black_hole" }, { from: 19, to: 55, every: 8, for: 4 }),
    ],
    expect,
  },
  {
    name: "stale-region",
    about: "AWS us-east-1 stops following the chain and goes on answering",
    ...usual,
    strikes: [{ where: home, fault: "stale_head", from: 0, to: 30 }],
    expect,
  },
  {
    name: "dns-loss",
    about: "The names of all AWS machines stop resolving; connections that are open stay so",
    ...usual,
    strikes: [{ where: { provider: "aws" }, fault: "dns", from: 0, to: 30 }],
    expect,
  },
  {
    name: "depin-churn",
    about: "Nodes of decentralised providers leave, stall, refuse and lag, one after the other and together",
    fleet: "decentralized.yaml",
    ...usual,
    strikes: [
      ...flapping({ where: { upstream: "akash-1" }, fault: "refuse" }, { from: 0, to: 40, every: 10, for: 4 }),
      ...flapping({ where: { upstream: "akash-2" }, fault: "black_hole" }, { from: 3, to: 40, every: 12, for: 5 }),
      ...flapping({ where: { upstream: "fluence-1" }, fault: "reset" }, { from: 5, to: 40, every: 9, for: 3 }),
      ...flapping({ where: { upstream: "flux-1" }, fault: "html_200" }, { from: 8, to: 40, every: 14, for: 6 }),
      { where: { upstream: "pocket-1" }, fault: "stale_head", lag: 12, from: 10, to: 40 },
      { where: { upstream: "lava-1" }, fault: "slow", latency: "1200ms", rate: 0.5, from: 15, to: 35 },
      { where: { provider: "akash" }, fault: "rate_limited", retryAfter: "1s", from: 25, to: 32 },
    ],
    expect,
  },
];
