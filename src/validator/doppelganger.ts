/** Two clients act for the same validators. A signal for the operator, and no protection: it sees only who asks here. */
export interface Doppelganger {
  /** Who acted for them before, and who does now. */
  readonly callers: readonly [before: string, now: string];
  readonly epoch: number;
  /** How many validators, and the indices of the first few. */
  readonly count: number;
  readonly validators: readonly number[];
  /** The one before came back after the other: both are running, and it is not that one took the other's place. */
  readonly both: boolean;
}

/** So many validators and callers are told apart in an epoch; more are not looked at. */
const mostValidators = 100_000;
const mostCallers = 256;
const mostShown = 10;

/** What was heard in one epoch. */
interface Traces {
  /** Who acted last for a validator; and who before that, if it was another. */
  readonly last: Map<number, string>;
  readonly before: Map<number, string>;
  /** Names of callers, so that each is in memory once. */
  readonly callers: Map<string, string>;
}

/**
 * Who acts for which validator, by their indices. A caller is whatever tells clients apart (address and user agent); which
 * calls are acts, whoever tells of them decides. Each pair of callers is told once an epoch, and again when both prove to run. What is older than the epoch before
 * is forgotten, so a client that was moved is no double for longer.
 */
export class DoppelgangerWatch {
  #epoch = Number.NEGATIVE_INFINITY;
  #present = noTraces();
  #past = noTraces();
  readonly #told = new Set<string>();

  /** A caller acts for validators in this epoch. `undefined` when nobody else did, or it was told before. */
  heard(caller: string, validators: readonly number[], epoch: number): Doppelganger | undefined {
    this.#turn(epoch);
    const own = this.#nameOf(caller);
    if (own === undefined) return undefined;
    const doubles = new Map<string, { both: boolean; count: number; shown: number[] }>();
    for (const validator of validators) {
      const other = this.#trace(validator, own);
      if (other === undefined) continue;
      const double = doubles.get(other.caller) ?? { both: false, count: 0, shown: [] };
      double.both ||= other.both;
      double.count++;
      if (double.shown.length < mostShown) double.shown.push(validator);
      doubles.set(other.caller, double);
    }
    const news = [...doubles].filter(([other, { both }]) => !this.#told.has(pairOf(own, other, both)));
    const [worst] = news.sort(([, a], [, b]) => Number(b.both) - Number(a.both) || b.count - a.count);
    if (!worst) return undefined;
    const [other, { both, count, shown }] = worst;
    this.#told.add(pairOf(own, other, both)).add(pairOf(own, other, false));
    return { callers: [other, own], epoch: this.#epoch, count, validators: shown, both };
  }

  /** Notes who acts for a validator; says who did before, if it was another, and whether that one came after us. */
  #trace(validator: number, own: string): { readonly caller: string; readonly both: boolean } | undefined {
    const { last, before } = this.#present;
    const other = last.get(validator) ?? this.#past.last.get(validator);
    const previous = before.get(validator) ?? this.#past.before.get(validator);
    if (last.size >= mostValidators && !last.has(validator)) return undefined;
    last.set(validator, own);
    if (other === undefined || other === own) return undefined;
    before.set(validator, other);
    return { caller: other, both: previous === own };
  }

  #turn(epoch: number): void {
    if (epoch <= this.#epoch) return;
    this.#past = epoch === this.#epoch + 1 ? this.#present : noTraces();
    this.#present = noTraces();
    this.#epoch = epoch;
    this.#told.clear();
  }

  #nameOf(caller: string): string | undefined {
    const { callers } = this.#present;
    const known = callers.get(caller) ?? this.#past.callers.get(caller);
    if (known === undefined && callers.size >= mostCallers) return undefined;
    callers.set(known ?? caller, known ?? caller);
    return known ?? caller;
  }
}

function noTraces(): Traces {
  return { last: new Map(), before: new Map(), callers: new Map() };
}

function pairOf(a: string, b: string, both: boolean): string {
  return JSON.stringify([...[a, b].sort(), both]);
}
