import { flapping, type Outage } from "./outage.ts";

const home = { provider: "aws", region: "us-east-1" } as const;

const usual = { before: 15, recovery: 60, after: 15 } as const;

/** Outages of record last, and come in several forms at once: nine hundred and ninety-five of a thousand, then. */
const expect = { answered: 0.995, p99: 1_500 } as const;

/**
 * Outages that happened, in the order and proportion of what was published about them, hours in minutes. Which upstreams
 * stand there, and what share of calls failed where no figure was published, is ours.
 */
export const replays: readonly Outage[] = [
  {
    name: "aws-2025-10-20",
    about:
      "AWS us-east-1, 20 October 2025: an empty DNS record, machines that cannot be started, health checks that flap",
    source: "https://aws.amazon.com/message/101925/",
    pace: "8 minutes; 14 h 32 min in all",
    ...usual,
    strikes: [
      // 23:48 to 02:40: the DynamoDB endpoint has no address; who holds a connection keeps it.
      { where: home, fault: "dns", from: 0, to: 21 },
      // 02:25 to 13:50: no capacity is added, connections fail now and then.
      { where: home, fault: "brown_out", rate: 0.3, latency: "800ms", status: 503, from: 20, to: 105 },
      // 05:30 to 14:09: the load balancers' health checks fail and come back, and take sound machines out.
      ...flapping({ where: { upstream: "aws-2" }, fault: "refuse" }, { from: 43, to: 108, every: 9, for: 4 }),
      ...flapping({ where: { upstream: "aws-3" }, fault: "refuse" }, { from: 46, to: 108, every: 13, for: 5 }),
    ],
    expect,
  },
  {
    name: "azure-2025-10-29",
    about:
      "Azure Front Door, 29 October 2025: the edge hangs in TLS and answers 502 and 504, while what is behind it is well",
    source: "https://azure.status.microsoft/en-us/status/history/?trackingId=YKYN-BWZ",
    pace: "5 minutes; 8 h 20 min in all",
    fleet: "europe.yaml",
    ...usual,
    strikes: [
      { where: { edge: "azure_front_door" }, fault: "tls_hang", rate: 0.6, from: 0, to: 60 },
      { where: { edge: "azure_front_door" }, fault: "errors", status: 502, rate: 0.5, from: 0, to: 60 },
      // Nodes are reloaded with the last good configuration, a part at a time.
      { where: { edge: "azure_front_door" }, fault: "errors", status: 504, rate: 0.15, from: 60, to: 100 },
    ],
    expect,
  },
  {
    name: "google-cloud-2025-06-12",
    about:
      "Google Cloud, 12 June 2025: HTTP 503 in every region for 40 minutes, in us-central1 for 2 h 40, then a long tail",
    source: "https://status.cloud.google.com/incidents/ow5i3PPK96RduMcb1SsW",
    pace: "4 minutes; 7 h 27 min in all",
    fleet: "google-cloud.yaml",
    ...usual,
    strikes: [
      { where: { provider: "gcp" }, fault: "errors", status: 503, from: 0, to: 10 },
      // Everything restarts there at once, and overloads what it depends on.
      { where: { region: "gcp/us-central1" }, fault: "brown_out", rate: 0.4, status: 503, from: 10, to: 40 },
      { where: { region: "gcp/us-central1" }, fault: "capacity_cap", capacity: "60/s", from: 10, to: 40 },
      { where: { provider: "gcp" }, fault: "slow", rate: 0.1, latency: "600ms", from: 40, to: 110 },
    ],
    expect,
  },
  {
    name: "cloudflare-2025-11-18",
    about: "Cloudflare, 18 November 2025: the edge answers 5xx in turns of five minutes, then without a pause",
    source: "https://blog.cloudflare.com/18-november-2025-outage/",
    pace: "100 seconds; 3 h 10 min until the errors end",
    fleet: "europe.yaml",
    ...usual,
    strikes: [
      ...flapping(
        { where: { edge: "cloudflare" }, fault: "errors", status: 500 },
        { from: 0, to: 33, every: 6, for: 3 },
      ),
      { where: { edge: "cloudflare" }, fault: "errors", status: 500, from: 33, to: 63 },
      { where: { edge: "cloudflare" }, fault: "errors", status: 500, rate: 0.4, from: 63, to: 114 },
    ],
    expect,
  },
  {
    name: "hetzner-2022-11-02",
    about: "Hetzner and Solana, 2 November 2022: every machine is cut off without notice, and stays so",
    source: "https://decrypt.co/es/113558/solana-realmente-descentralizada-censura-proveedor-servicios-debate",
    pace: "a minute; for good",
    fleet: "europe.yaml",
    before: 15,
    recovery: 0,
    after: 0,
    lasts: 60,
    strikes: [{ where: { provider: "hetzner" }, fault: "black_hole", from: 0 }],
    expect,
  },
  {
    name: "ovh-2021-03-10",
    about: "OVH Strasbourg, 10 March 2021: a fire, one building gone, then the power of the whole site is cut",
    source: "https://www.techerati.com/news-hub/ovhcloud-details-service-restart-following-strasbourg-fire/",
    pace: "5 minutes; for good",
    fleet: "europe.yaml",
    before: 15,
    recovery: 0,
    after: 0,
    lasts: 60,
    strikes: [
      // 00:47: the fire breaks out in SBG2. Within hours all four buildings are off.
      { where: { upstream: "ovh-1" }, fault: "black_hole", from: 0 },
      { where: { region: "ovh/sbg" }, fault: "black_hole", from: 15 },
    ],
    expect,
  },
  {
    name: "client-bug-2024-01-21",
    about: "Nethermind, 21 January 2024: one client rejects a valid block, on every cloud at once, and stays behind",
    source: "https://hackmd.io/@nethermindclient/ByW9sX_R6",
    pace: "a minute",
    ...usual,
    strikes: [{ where: { client: "nethermind" }, fault: "stale_head", from: 0, to: 60 }],
    expect,
  },
];
