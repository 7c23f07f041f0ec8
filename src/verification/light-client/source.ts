import type { NodeQuestions, Question } from "../../core/duty.ts";
import type { Upstream } from "../../core/upstream.ts";
import type { Clock } from "../../lib/clock.ts";
import { type Chain, chainOf } from "./chain.ts";

/** A network of beacon nodes, as far as a light client asks them. */
export interface BeaconNodes {
  readonly name: string;
  readonly upstreams: readonly Upstream[];
  readonly questions: Pick<NodeQuestions, "genesis" | "spec" | "lightClient">;
  /** The genesis validators root, where the operator says it. */
  readonly genesis: string | undefined;
  /** The preset on which the nodes agree; `undefined` while they do not. */
  readonly preset: () => string | undefined;
}

/** How long what a node says of its chain is taken for true: forks are announced weeks before. */
const chainMs = 6 * 3_600_000;

/**
 * One beacon node as a light client asks it. What it says is judged by what it says of its chain, so that one that lies
 * about the chain has only its own updates refused.
 */
export class Source {
  readonly upstream: Upstream;
  readonly #nodes: BeaconNodes;
  readonly #clock: Clock;
  #chain: { readonly chain: Chain | string; readonly at: number } | undefined;

  constructor(upstream: Upstream, nodes: BeaconNodes, clock: Clock) {
    this.upstream = upstream;
    this.#nodes = nodes;
    this.#clock = clock;
  }

  /** Is it worth asking? */
  get isWell(): boolean {
    const { confirmed, verdict, breaker, heldUntil } = this.upstream.status;
    return confirmed && verdict !== "ejected" && breaker === "closed" && heldUntil <= this.#clock.now();
  }

  /** What it says of its chain; a sentence when that cannot be used. */
  async chain(): Promise<Chain | string> {
    const now = this.#clock.now();
    if (this.#chain && now - this.#chain.at < chainMs) return this.#chain.chain;
    const { questions, genesis, preset } = this.#nodes;
    const told = await this.#ask(questions.genesis);
    const values = told && (await this.#ask(questions.spec));
    if (!told || !values) return "it does not say what its chain is";
    const chain = chainOf(genesis === undefined ? told : { ...told, genesisValidatorsRoot: genesis }, values);
    // The process has the containers of one preset, that of whoever comes first: one node must not decide which.
    if (typeof chain !== "string" && chain.preset !== preset()) return "its preset is not the one on which nodes agree";
    this.#chain = { chain, at: now };
    return chain;
  }

  /** What it says of its chain may be why something was refused: it is asked anew. */
  doubt(): void {
    this.#chain = undefined;
  }

  bootstrap(root: string): Promise<object | undefined> {
    return this.#ask(this.#nodes.questions.lightClient.bootstrap(root));
  }

  update(period: number): Promise<object | undefined> {
    return this.#ask(this.#nodes.questions.lightClient.update(period));
  }

  finality(): Promise<object | undefined> {
    return this.#ask(this.#nodes.questions.lightClient.finality);
  }

  /**
   * Past what is learned from answers: how a node does that serves light clients badly, or not at all, says nothing of what
   * validators ask of it.
   */
  async #ask<Reading>({ call, read }: Question<Reading>): Promise<Reading | undefined> {
    const { upstream } = this;
    if (!upstream.hasRoom(call)) return undefined;
    const outcome = await upstream.probe({ ...call, network: this.#nodes.name }, call.traits.timeoutMs);
    return outcome.ok && !outcome.failed && outcome.status === 200 ? read(outcome) : undefined;
  }
}
