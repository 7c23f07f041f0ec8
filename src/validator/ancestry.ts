/** A block by its root, and the slot that it is of. */
export interface BlockRef {
  readonly root: string;
  readonly slot: number;
}

/** A block, and the block before it; `undefined` until its header is known. */
export interface BlockLink extends BlockRef {
  readonly parent: string | undefined;
}

/** So many blocks are remembered: 128 slots with four forks, or 512 without. The oldest slots go first. */
const mostBlocks = 512;
/** So many blocks of one slot are remembered: real forks have two or three. */
const mostOfSlot = 16;

/**
 * The blocks that nodes told of, and which follows which. Bounded; what it does not know it says, with the root whose
 * header would tell. Whoever adds blocks leaves out those of slots that have not begun, as they would push out the others.
 */
export class Ancestry {
  readonly #blocks = new Map<string, BlockLink>();
  readonly #ofSlot = new Map<number, number>();
  #held: ReadonlySet<string> = new Set();
  /** What was found out about bases since the last change. */
  readonly #bases = new Map<string, BlockLink>();

  get size(): number {
    return this.#blocks.size;
  }

  /** Takes in a block. A parent that is known already stays, and one that is not older than its child is no parent. */
  add({ root, slot, parent }: BlockLink): void {
    const known = this.#blocks.get(root);
    if (known) {
      if (known.parent !== undefined || parent === undefined || !this.#mayFollow(known.slot, root, parent)) return;
      this.#blocks.set(root, { ...known, parent });
      this.#bases.clear();
      return;
    }
    if ((this.#ofSlot.get(slot) ?? 0) >= mostOfSlot && !this.#makeRoom(slot)) return;
    const others = this.#ofSlot.get(slot) ?? 0;
    const follows = parent !== undefined && this.#mayFollow(slot, root, parent);
    this.#blocks.set(root, { root, slot, parent: follows ? parent : undefined });
    this.#ofSlot.set(slot, others + 1);
    this.#bases.clear();
    if (this.#blocks.size > mostBlocks) this.#dropOldest();
  }

  /** These are heads of nodes now: they are not given up for others of their slots. */
  hold(roots: readonly string[]): void {
    this.#held = new Set(roots);
  }

  clear(): void {
    this.#blocks.clear();
    this.#ofSlot.clear();
    this.#bases.clear();
  }

  get(root: string): BlockLink | undefined {
    return this.#blocks.get(root);
  }

  /**
   * The block before one, if it is known. A child may be told before its parent, whose slot then proves to be no older: no
   * line goes on there.
   */
  parent(block: BlockLink): BlockLink | undefined {
    const parent = block.parent === undefined ? undefined : this.#blocks.get(block.parent);
    return parent && parent.slot < block.slot ? parent : undefined;
  }

  /** The block and those before it, newest first, as far as they are known; nothing for a block that is not. */
  *line(root: string): Generator<BlockLink> {
    for (let block = this.#blocks.get(root); block; block = this.parent(block)) yield block;
  }

  /** The oldest block known on the line of one; `undefined` when the block itself is not known. */
  base(root: string): BlockLink | undefined {
    const known = this.#bases.get(root);
    if (known) return known;
    let base = this.#blocks.get(root);
    for (let block = base; block; block = this.parent(block)) base = block;
    if (base) this.#bases.set(root, base);
    return base;
  }

  /** The root whose header tells more of what is before a block. */
  missing(root: string): string {
    const base = this.base(root);
    if (base === undefined) return root;
    return base.parent !== undefined && !this.#blocks.has(base.parent) ? base.parent : base.root;
  }

  /** The last block at or before a slot on the line of `root`; `undefined` when the line is not known that far back. */
  at(root: string, slot: number): BlockRef | undefined {
    for (const block of this.line(root)) if (block.slot <= slot) return block;
    return undefined;
  }

  /** Is `older` the same block as `newer`, or before it on its line? `undefined` when that cannot be told yet. */
  precedes(older: string, newer: string): boolean | undefined {
    if (older === newer) return true;
    const slot = this.#blocks.get(older)?.slot;
    for (const block of this.line(newer)) {
      if (block.root === older || block.parent === older) return true;
      if (slot !== undefined && block.slot <= slot) return false;
    }
    return undefined;
  }

  /** Do two blocks lie on one line? `undefined` when that cannot be told yet. */
  aligned(a: string, b: string): boolean | undefined {
    const [one, two] = [this.#blocks.get(a), this.#blocks.get(b)];
    if (one && two) return one.slot <= two.slot ? this.precedes(a, b) : this.precedes(b, a);
    return this.precedes(a, b) === true || this.precedes(b, a) === true ? true : undefined;
  }

  /** The newest block that is on the lines of both; `undefined` when none is known. */
  common(a: string, b: string): BlockRef | undefined {
    const roots = new Set<string>();
    for (const { root } of this.line(a)) roots.add(root);
    for (const block of this.line(b)) if (roots.has(block.root)) return block;
    return undefined;
  }

  #mayFollow(slot: number, root: string, parent: string): boolean {
    const before = this.#blocks.get(parent);
    return parent !== root && (before === undefined || before.slot < slot);
  }

  /** Forgets the last block of the slot that is nobody's head and that none is known to follow: somebody makes them up. */
  #makeRoom(slot: number): boolean {
    const parents = new Set<string>();
    for (const { parent } of this.#blocks.values()) if (parent !== undefined) parents.add(parent);
    let last: BlockLink | undefined;
    for (const block of this.#blocks.values()) {
      if (block.slot === slot && !this.#held.has(block.root) && !parents.has(block.root)) last = block;
    }
    if (last) this.#drop(last);
    return last !== undefined;
  }

  #dropOldest(): void {
    let oldest: BlockLink | undefined;
    for (const block of this.#blocks.values()) if (oldest === undefined || block.slot < oldest.slot) oldest = block;
    if (oldest) this.#drop(oldest);
  }

  #drop({ root, slot }: BlockLink): void {
    this.#blocks.delete(root);
    const left = (this.#ofSlot.get(slot) ?? 1) - 1;
    if (left === 0) this.#ofSlot.delete(slot);
    else this.#ofSlot.set(slot, left);
  }
}
