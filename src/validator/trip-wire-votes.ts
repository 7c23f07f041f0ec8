/** So many votes of each validator are remembered: one each epoch, so those of the last four. */
const votesKept = 4;
/** Of a vote: source, target, and 64 bits of the digest of what was signed. */
const words = 4;
const rowWords = votesKept * words;
const noVote = 0xffffffff;

/** So many rows make a part that is exported as one: 278 KB. */
const partRows = 4_096;

/** One vote of a validator. */
export interface Vote {
  readonly validator: number;
  readonly source: number;
  readonly target: number;
  /** A digest of what was signed. */
  readonly content: string;
}

/** Can it be remembered? Indices and epochs of 32 bits last for ages; whoever tells greater ones means none. */
export function isVote(vote: { readonly [Key in keyof Vote]?: Vote[Key] | undefined }): vote is Vote {
  return [vote.validator, vote.source, vote.target].every((one) => Number.isSafeInteger(one) && fits(one as number));
}

function fits(value: number): boolean {
  return value >= 0 && value < noVote;
}

/**
 * The last votes of up to `most` validators, in flat arrays: a row of 64 bytes for each, and a hash table from index to
 * row. With 100,000 validators it is 7.8 MB, 79 bytes for each; see the test.
 */
export class VoteTable {
  readonly #most: number;
  /** A validator's index, and its votes, by row. */
  #validators = new Uint32Array(0);
  #votes = new Uint32Array(0);
  #rows = 0;
  /** Row + 1 by the hash of the validator's index, searched linearly from there; a power of two long, at most half full. */
  #index = new Uint32Array(2);
  #newest = 0;
  /** Up to this target no validator was stale when that was looked at: it is not looked at for each that finds no room. */
  #allFresh = -1;
  /** Parts that have changed since that was asked last. */
  readonly #changed = new Set<number>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#rows;
  }

  /** Memory of the arrays. */
  get bytes(): number {
    return this.#validators.byteLength + this.#votes.byteLength + this.#index.byteLength;
  }

  /** Why a vote contradicts an earlier one of the same validator; `undefined` when it does not. */
  conflict({ validator, source, target, content }: Vote): string | undefined {
    const row = this.#find(validator);
    if (row === undefined) return undefined;
    const [high, low] = hash(content);
    for (let at = row * rowWords; at < (row + 1) * rowWords; at += words) {
      const [s, t] = [this.#votes[at] as number, this.#votes[at + 1] as number];
      if (t === noVote) continue;
      if (t === target) {
        if (this.#votes[at + 2] === high && this.#votes[at + 3] === low) continue;
        return `validator ${validator} has sent another vote for target epoch ${target}`;
      }
      const both = `the vote of validator ${validator} from epoch ${source} to ${target}`;
      if (source < s && t < target) return `${both} surrounds its vote from ${s} to ${t}`;
      if (s < source && target < t) return `${both} is surrounded by its vote from ${s} to ${t}`;
    }
    return undefined;
  }

  /** Remembers a vote; false when there is no room for one more validator. One older than all that are kept is not kept. */
  add({ validator, source, target, content }: Vote): boolean {
    const row = this.#find(validator) ?? this.#newRow(validator);
    if (row === undefined) return false;
    const first = row * rowWords;
    let place = first;
    for (let at = first; at < first + rowWords; at += words) {
      const t = this.#votes[at + 1] as number;
      if (t === target) return true;
      if (rank(t) < rank(this.#votes[place + 1] as number)) place = at;
    }
    if (rank(this.#votes[place + 1] as number) > rank(target)) return true;
    this.#newest = Math.max(this.#newest, target);
    const [high, low] = hash(content);
    this.#set(place, source, target, high, low);
    return true;
  }

  has(vote: Vote): boolean {
    return this.#placeOf(vote) !== undefined;
  }

  /** Forgets a vote, if it is the one that is remembered. */
  remove(vote: Vote): void {
    const at = this.#placeOf(vote);
    if (at === undefined) return;
    this.#set(at, noVote, noVote, noVote, noVote);
    this.#allFresh = -1;
  }

  /** How many parts there are; together they are all rows. */
  get parts(): number {
    return Math.ceil(this.#rows / partRows);
  }

  /** The parts that have changed since this was asked last; such as are empty now, too. */
  changedParts(): readonly number[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /**
   * The rows of a part, which is small enough to be made in one go; or all. Of each the validator's index and its votes, 17
   * numbers of 32 bits, the lowest byte first.
   */
  export(part?: number): Uint8Array {
    const first = part === undefined ? 0 : Math.min(part * partRows, this.#rows);
    const end = part === undefined ? this.#rows : Math.min(first + partRows, this.#rows);
    const bytes = Buffer.alloc((end - first) * (rowWords + 1) * 4);
    let at = 0;
    for (let row = first; row < end; row++) {
      at = bytes.writeUInt32LE(this.#validators[row] as number, at);
      for (let word = row * rowWords; word < (row + 1) * rowWords; word++) {
        at = bytes.writeUInt32LE(this.#votes[word] as number, at);
      }
    }
    return bytes;
  }

  /** Takes in exported rows, beside what is known already. What is cut off at the end is left out. */
  import(exported: Uint8Array): void {
    const bytes = Buffer.from(exported.buffer, exported.byteOffset, exported.byteLength);
    const rowBytes = (rowWords + 1) * 4;
    for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
      const validator = bytes.readUInt32LE(start);
      const row = fits(validator) ? (this.#find(validator) ?? this.#newRow(validator)) : undefined;
      if (row === undefined) continue;
      for (let word = 0; word < rowWords; word += words) {
        this.#restore(
          row,
          [0, 1, 2, 3].map((one) => bytes.readUInt32LE(start + 4 + (word + one) * 4)),
        );
      }
    }
  }

  #restore(row: number, vote: readonly number[]): void {
    const target = vote[1] as number;
    if (target === noVote) return;
    let free: number | undefined;
    for (let at = row * rowWords; at < (row + 1) * rowWords; at += words) {
      if (this.#votes[at + 1] === target) return;
      if (this.#votes[at + 1] === noVote) free ??= at;
    }
    if (free === undefined) return;
    this.#newest = Math.max(this.#newest, target);
    const [source = noVote, , high = 0, low = 0] = vote;
    this.#set(free, source, target, high, low);
  }

  /** Writes a vote at its place. */
  #set(at: number, source: number, target: number, high: number, low: number): void {
    this.#votes[at] = source;
    this.#votes[at + 1] = target;
    this.#votes[at + 2] = high;
    this.#votes[at + 3] = low;
    this.#changed.add(Math.floor(at / (rowWords * partRows)));
  }

  #placeOf({ validator, target, content }: Vote): number | undefined {
    const row = this.#find(validator);
    if (row === undefined) return undefined;
    const [high, low] = hash(content);
    for (let at = row * rowWords; at < (row + 1) * rowWords; at += words) {
      if (this.#votes[at + 1] === target && this.#votes[at + 2] === high && this.#votes[at + 3] === low) return at;
    }
    return undefined;
  }

  #find(validator: number): number | undefined {
    const mask = this.#index.length - 1;
    for (let at = scatter(validator) & mask; ; at = (at + 1) & mask) {
      const row = this.#index[at] as number;
      if (row === 0) return undefined;
      if (this.#validators[row - 1] === validator) return row - 1;
    }
  }

  #newRow(validator: number): number | undefined {
    if (this.#rows === this.#most && this.#newest > this.#allFresh) this.#dropStale();
    if (this.#rows === this.#most) return undefined;
    if (this.#rows === this.#validators.length) this.#grow();
    const row = this.#rows++;
    this.#validators[row] = validator;
    this.#votes.fill(noVote, row * rowWords, (row + 1) * rowWords);
    if (this.#rows * 2 > this.#index.length) this.#reindex(this.#index.length * 2);
    else this.#enter(row);
    return row;
  }

  #grow(): void {
    const size = Math.min(this.#most, Math.max(256, this.#rows * 2));
    const validators = new Uint32Array(size);
    validators.set(this.#validators);
    const votes = new Uint32Array(size * rowWords);
    votes.set(this.#votes);
    this.#validators = validators;
    this.#votes = votes;
  }

  /** Forgets validators that have not voted in the last epochs: they are others' by now, or were made up. */
  #dropStale(): void {
    let kept = 0;
    for (let row = 0; row < this.#rows; row++) {
      const votes = this.#votes.subarray(row * rowWords, (row + 1) * rowWords);
      let newest = -1;
      for (let at = 1; at < rowWords; at += words) newest = Math.max(newest, rank(votes[at] as number));
      if (newest < Math.max(0, this.#newest - votesKept)) continue;
      this.#validators[kept] = this.#validators[row] as number;
      this.#votes.copyWithin(kept * rowWords, row * rowWords, (row + 1) * rowWords);
      kept++;
    }
    if (kept === this.#rows) {
      this.#allFresh = this.#newest;
      return;
    }
    for (let part = 0; part < this.parts; part++) this.#changed.add(part);
    this.#rows = kept;
    this.#reindex(this.#index.length);
  }

  #reindex(length: number): void {
    this.#index = new Uint32Array(length);
    for (let row = 0; row < this.#rows; row++) this.#enter(row);
  }

  #enter(row: number): void {
    const mask = this.#index.length - 1;
    let at = scatter(this.#validators[row] as number) & mask;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = row + 1;
  }
}

/** A target's age, where no vote is older than any. */
function rank(target: number): number {
  return target === noVote ? -1 : target;
}

/** Spreads indices, which come in runs. Source: Knuth, multiplicative hashing, with the golden ratio. */
function scatter(validator: number): number {
  return Math.imul(validator, 0x9e3779b1) >>> 8;
}

/** The last one: nearly all votes of a request are the same. */
let last: { readonly content: string; readonly value: readonly [number, number] } | undefined;

/** 64 bits of a digest, however it is written: FNV-1a with two beginnings and primes, of which one takes it backwards. */
function hash(content: string): readonly [number, number] {
  if (last?.content !== content) last = { content, value: freshHash(content) };
  return last.value;
}

function freshHash(content: string): readonly [number, number] {
  let [high, low] = [0x811c9dc5, 0x9747b28c];
  for (let index = 0; index < content.length; index++) {
    high = Math.imul(high ^ content.charCodeAt(index), 0x01000193);
    low = Math.imul(low ^ content.charCodeAt(content.length - 1 - index), 0x85ebca6b);
  }
  return [high >>> 0, low >>> 0];
}
