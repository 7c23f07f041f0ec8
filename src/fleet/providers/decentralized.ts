import { providers } from "./provider.ts";

const rented = "says who sells, not where it runs: its machines often stand with Hetzner, OVH, Contabo or Latitude";

/** Networks of many independent operators. They have no legal seat, no ASN and no regions of their own. */
export const decentralized = providers("decentralized", [
  { key: "akash", name: "Akash Network", hosts: ["akash.network", "akash.pub"], quirks: [rented] },
  { key: "fluence", name: "Fluence" },
  {
    key: "lava",
    name: "Lava Network",
    hosts: ["lava.build", "lavanet.xyz"],
    keyIn: ["/gateway/{network}/{interface}/{key}"],
    quirks: ["another node may answer each call, so heads move back and forth between calls"],
  },
  {
    key: "pocket",
    name: "Pocket Network",
    hosts: ["pocket.network", "pokt.network", "grove.city"],
    keyIn: ["/v1/lb/{key}", "/v1/{key}"],
    quirks: [
      "its gateway maps JSON-RPC codes to HTTP statuses: -32601 comes with 404, -32602 with 400, a rate limit as -32097",
      "another node may answer each call, so heads move back and forth between calls",
    ],
  },
  { key: "filecoin", name: "Filecoin", hosts: ["node.glif.io"] },
  { key: "icp", name: "Internet Computer", hosts: ["icp0.io", "ic0.app", "icp-api.io"] },
  { key: "arweave", name: "Arweave", hosts: ["arweave.net", "ar-io.dev"] },
  { key: "render", name: "Render Network", quirks: ["not to be confused with the cloud at onrender.com"] },
  { key: "gaimin", name: "Gaimin" },
  { key: "uplink", name: "Uplink" },
  { key: "flux", name: "Flux", hosts: ["runonflux.io"], quirks: [rented] },
]);
