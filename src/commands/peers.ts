import type { Assembly } from "../assemble.ts";
import { createNames } from "../concentration/hosting/names.ts";
import { createPeers, type OwnNode, type Peers, type PeersParts } from "../concentration/peers/peers.ts";
import type { Config } from "../config/schema.ts";
import { placesBy } from "./hosting.ts";

interface World extends Pick<PeersParts, "clock" | "crashed"> {
  /** Hears in a sentence what could not be found out, and of which network if it is of one. */
  readonly troubled: (problem: string, network?: string) => void;
}

/** Puts together who asks for the peers of those upstreams that a configuration calls nodes of the operator's own. */
export function peersOf({ hosting }: Config, { networks }: Pick<Assembly, "networks">, world: World): Peers {
  const names = createNames();
  return createPeers({
    clock: world.clock,
    crashed: world.crashed,
    nodes: [...networks.values()].flatMap(({ config, upstreams, peers: question }): readonly OwnNode[] =>
      upstreams.flatMap((upstream, index) =>
        question && config.upstreams[index]?.peers ? { upstream, question } : [],
      ),
    ),
    places: placesBy(hosting, names, (problem) => world.troubled(`peers: ${problem}`)),
    cancel: () => names.cancel(),
    refreshMs: hosting.refresh,
    troubled: ({ id, network }, problem) => world.troubled(`upstream ${id} ${problem}`, network),
  });
}
