import type { Upstream } from "../core/upstream.ts";
import { registration } from "./desk.ts";
import type { Node } from "./node.ts";

/**
 * The one node that is told of registrations with builders where not all are: it stays the same for as long as health lets
 * it serve, as each that is told asks all its relays. Then it is another, who has heard most of them, and is told the rest.
 */
export class Registrar {
  readonly #nodes: readonly Node[];
  readonly #inService: (upstream: Upstream) => boolean;
  #node: Node | undefined;

  constructor(nodes: readonly Node[], inService: (upstream: Upstream) => boolean) {
    this.#nodes = nodes.filter(({ facts }) => facts.trust !== "publish_only");
    this.#inService = inService;
  }

  is(upstream: Upstream): boolean {
    return this.#present()?.upstream === upstream;
  }

  /** Those of them who may take its place, itself first. */
  among(upstreams: readonly Upstream[]): readonly Upstream[] {
    const able = upstreams.filter((one) => this.#nodes.some(({ upstream }) => upstream === one));
    return [...able.filter((one) => this.is(one)), ...able.filter((one) => !this.is(one))];
  }

  #present(): Node | undefined {
    if (this.#node && this.#inService(this.#node.upstream)) return this.#node;
    const [next] = this.#nodes
      .filter(({ upstream }) => this.#inService(upstream))
      .sort((a, b) => b.hearing.heard(registration) - a.hearing.heard(registration));
    this.#node = next ?? this.#node;
    return this.#node;
  }
}
