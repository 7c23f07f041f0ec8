import { providers } from "./provider.ts";

/**
 * Dedicated servers, and machines of one's own.
 * ASNs: number and name were seen together in ipverse as-metadata or asn-info.
 */
export const bareMetal = providers("bare_metal", [
  {
    key: "latitude",
    name: "Latitude.sh",
    asns: [396356, 262287],
    regions: "ash bue chi dal fra lax lax2 lon mex mex2 mia nyc sao sao2 syd tyo",
    quirks: ["formerly Maxihost; leases of Akash have been served from its machines"],
  },
  {
    key: "equinix",
    name: "Equinix Metal",
    asns: [54825],
    seat: "us",
    regions: "am at ch da dc fr hk la ld md me mi ny os pa se sg sl sp sv sy tr ty",
    quirks: ["the service was announced to end on 30 June 2026: what still runs there needs another home"],
  },
  { key: "leaseweb", name: "Leaseweb", asns: [60781, 28753, 30633, 59253], seat: "nl" },
  { key: "teraswitch", name: "TeraSwitch", asns: [20326], seat: "us" },
  { key: "cherry", name: "Cherry Servers", asns: [16125, 204770], seat: "lt" },
  { key: "phoenixnap", name: "phoenixNAP", asns: [20454, 60558], seat: "us" },
  { key: "hivelocity", name: "Hivelocity", asns: [29802], seat: "us" },
  { key: "netactuate", name: "NetActuate", asns: [36236], seat: "us" },
  { key: "interserver", name: "InterServer", asns: [19318], seat: "us" },
  { key: "worldstream", name: "WorldStream", asns: [49981], seat: "nl" },
  { key: "bare-metal", name: "Own machines in a data centre" },
  {
    key: "home",
    name: "A machine at home",
    quirks: ["one power line, one router, one access provider: nothing there fails alone"],
  },
]);

/** Where a loopback or private address leads. */
export const local = providers("unknown", [
  { key: "local", name: "This machine, or its private network", quirks: ["falls together with Breakwater itself"] },
]);
