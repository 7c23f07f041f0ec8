/** What a provider held by a survey. */
export interface PublishedShare {
  /** A key of the provider catalogue. */
  readonly entity: string;
  /** 0..1. */
  readonly share: number;
  /** Published as `over` or `about` a round number; absent where it was given as it is. */
  readonly is?: "over" | "about";
}

/** A survey of who hosts a network, with its date: they age, and none of them is counted as we count. */
export interface Survey {
  /** Made of the source and the year, for labels; its own among those of a chain. */
  readonly id: string;
  readonly chain: "Ethereum" | "Solana";
  readonly source: string;
  /** When it was taken: `2022-08`. */
  readonly date: string;
  /** What the shares are shares of. */
  readonly of: string;
  /** Largest first. */
  readonly shares: readonly PublishedShare[];
  /** Where it can be read. */
  readonly url: string;
}

/**
 * Published figures to hold one's own beside; each was read in the source, or in what reported of it while it was new.
 * They leave out what was in no source that could be read again.
 */
export const surveys: readonly Survey[] = [
  {
    id: "messari_2022",
    chain: "Ethereum",
    source: "Messari, with data of Ethernodes",
    date: "2022-08",
    of: "execution nodes in data centres",
    shares: [
      { entity: "aws", share: 0.5, is: "over" },
      { entity: "hetzner", share: 0.15, is: "over" },
      { entity: "ovh", share: 0.041 },
      { entity: "oracle", share: 0.041 },
      { entity: "alibaba", share: 0.039 },
      { entity: "gcp", share: 0.035 },
    ],
    url: "https://www.infostor.com/news/two-thirds-ethereum-nodes-are-hosted-with-aws-hetzner-and-ovh-cloud-servers/",
  },
  {
    id: "chainstack_2019",
    chain: "Ethereum",
    source: "Chainstack, with data of Ethernodes",
    date: "2019-09",
    of: "execution nodes",
    shares: [{ entity: "aws", share: 0.25, is: "about" }],
    url: "https://chainstack.com/the-ethereum-cloud-vs-on-premises-nodes-conundrum/",
  },
  {
    id: "helius_2024",
    chain: "Solana",
    source: "Helius, epoch 685",
    date: "2024-11",
    of: "stake",
    shares: [
      { entity: "teraswitch", share: 0.24 },
      { entity: "latitude", share: 0.19 },
    ],
    url: "https://gate.io/nl/learn/articles/measuring-solanas-decentralization-facts-and-figures/4791",
  },
  {
    id: "padilla_2022",
    chain: "Solana",
    source: "Sam Padilla, before Hetzner shut its Solana nodes off",
    date: "2022-08",
    of: "stake",
    shares: [{ entity: "hetzner", share: 0.2, is: "about" }],
    url: "https://decrypt.co/es/113558/solana-realmente-descentralizada-censura-proveedor-servicios-debate",
  },
  {
    id: "messari_2022",
    chain: "Solana",
    source: "Messari",
    date: "2022-08",
    of: "nodes in data centres",
    shares: [
      { entity: "hetzner", share: 0.42 },
      { entity: "ovh", share: 0.26 },
      { entity: "aws", share: 0.03 },
    ],
    url: "https://www.infostor.com/news/two-thirds-ethereum-nodes-are-hosted-with-aws-hetzner-and-ovh-cloud-servers/",
  },
];

/** Ethereum's chain id (EIP-155). A beacon network is known by the chain id of its execution layer. */
const chains: Readonly<Record<string, Survey["chain"]>> = { "1": "Ethereum" };

/** The surveys of the chain that a network says it is; none of most. */
export function publishedOf(chain: string | undefined): readonly Survey[] {
  const name = chain === undefined ? undefined : chains[chain];
  return name === undefined ? [] : surveys.filter((survey) => survey.chain === name);
}
