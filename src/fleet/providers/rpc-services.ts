import { providers } from "./provider.ts";

/**
 * Companies that sell access to nodes. Which cloud a given answer comes from they do not say, so they have no ASN here.
 * Key positions: their documentation, and what RPC gateways (eRPC) send them. Quirks on errors: eRPC's vendor rules,
 * the documentation of PATH, and issues of client libraries.
 */
export const rpcServices = providers("rpc_service", [
  {
    key: "alchemy",
    name: "Alchemy",
    seat: "us",
    hosts: ["alchemy.com", "alchemyapi.io"],
    keyIn: ["/v2/{key}", "/nft/v3/{key}", "/starknet/version/rpc/{version}/{key}"],
    quirks: [
      "overload comes as HTTP 503 with JSON-RPC code -32001, which elsewhere means not found",
      "code 3 is a revert, or a block that its node does not have yet",
      "the data of a revert may begin with the word Reverted",
    ],
  },
  {
    key: "infura",
    name: "Infura",
    seat: "us",
    hosts: ["infura.io"],
    keyIn: ["/v3/{key}", "/ws/v3/{key}"],
    quirks: [
      "beyond its limits a batch may be answered with one object",
      "all its networks may fail together, as on 22 April 2022",
    ],
  },
  {
    key: "quicknode",
    name: "QuickNode",
    seat: "us",
    hosts: ["quiknode.pro", "quicknode.com"],
    keyIn: ["/{key}"],
    quirks: [
      "codes -32007 and -32009 mean too many requests, -32614 too wide a range of eth_getLogs, -32612 and -32613 a missing method",
      "a large body is refused with HTTP 413",
    ],
  },
  {
    key: "ankr",
    name: "Ankr",
    hosts: ["ankr.com"],
    keyIn: ["/premium-http/{network}/{key}", "/{network}/{key}"],
  },
  {
    key: "drpc",
    name: "dRPC",
    hosts: ["drpc.org", "drpc.live"],
    keyIn: ["?dkey={key}", "/{network}/{key}"],
    quirks: [
      "code 10, User balance exceeded, means billing, not throttling",
      "sells the nodes of many other providers",
    ],
  },
  {
    key: "chainstack",
    name: "Chainstack",
    seat: "sg",
    hosts: ["chainstack.com", "p2pify.com"],
    keyIn: ["/ext/bc/{chain}/rpc/{key}", "/{key}"],
  },
  {
    key: "blast",
    name: "Blast API (Bware Labs)",
    hosts: ["blastapi.io"],
    keyIn: ["/{key}"],
    quirks: ["closed at the end of October 2025, before Alchemy took its company over"],
  },
  { key: "nodereal", name: "NodeReal", hosts: ["nodereal.io"], keyIn: ["/v1/{key}"] },
  {
    key: "getblock",
    name: "GetBlock",
    hosts: ["getblock.io", "getblock.us", "getblock.asia"],
    keyIn: ["/{key}", "?api_key={key}"],
  },
  {
    key: "blockpi",
    name: "BlockPI",
    hosts: ["blockpi.network"],
    keyIn: ["/v1/rpc/{key}", "/rpc/v1/{key}"],
    quirks: ["a key is good for one chain only; on another it is refused as unauthorized"],
  },
  { key: "publicnode", name: "PublicNode (Allnodes)", seat: "us", hosts: ["publicnode.com"] },
  {
    key: "llamarpc",
    name: "LlamaNodes",
    hosts: ["llamarpc.com"],
    keyIn: ["/{key}"],
    quirks: ["too many requests are refused by Cloudflare, with its code 1015 in the text"],
    edge: "cloudflare",
  },
  { key: "cloudflare", name: "Cloudflare", seat: "us", hosts: ["cloudflare-eth.com"], edge: "cloudflare" },
  { key: "tenderly", name: "Tenderly", hosts: ["tenderly.co"], keyIn: ["/fork/{key}", "/{key}"] },
  { key: "moralis", name: "Moralis", seat: "se", hosts: ["moralis-nodes.com"], keyIn: ["/{network}/{key}"] },
  { key: "onfinality", name: "OnFinality", hosts: ["onfinality.io"], keyIn: ["?apikey={key}"] },
  {
    key: "tatum",
    name: "Tatum",
    hosts: ["tatum.io"],
    keyIn: ["/v3/blockchain/node/{network}/{key}", "/{key}"],
  },
  { key: "blockdaemon", name: "Blockdaemon", seat: "us", hosts: ["blockdaemon.com"], keyIn: ["?apiKey={key}"] },
  { key: "1rpc", name: "1RPC", hosts: ["1rpc.io"], keyIn: ["/{key}/{network}"] },
  { key: "dwellir", name: "Dwellir", seat: "se", hosts: ["dwellir.com"], keyIn: ["/{key}"] },
  { key: "helius", name: "Helius", hosts: ["helius-rpc.com"], keyIn: ["?api-key={key}"] },
  { key: "triton", name: "Triton One", hosts: ["rpcpool.com"], keyIn: ["/{key}"] },
  { key: "thirdweb", name: "thirdweb", seat: "us", hosts: ["thirdweb.com"], keyIn: ["/{key}"] },
  {
    key: "validationcloud",
    name: "Validation Cloud",
    seat: "ch",
    hosts: ["validationcloud.io"],
    keyIn: ["/v1/{key}"],
  },
]);
