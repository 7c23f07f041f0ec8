import type { Clock, Scheduled } from "./clock.ts";

interface Task extends Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * Virtual time: nothing happens until it is advanced. Tasks run in order of their due time, and of
 * their scheduling where two are due at once, so a run with the same seed is the same run.
 */
export class ManualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #epoch: number;
  readonly #heap: Task[] = [];

  /** `epoch` is the wall-clock time, in milliseconds since 1970, at virtual time 0. */
  constructor(epoch = 1_700_000_000_000) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return this.#epoch + Math.floor(this.#now);
  }

  schedule(ms: number, run: () => void): Scheduled {
    const task: Task = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      run,
      cancelled: false,
      cancel() {
        this.cancelled = true;
      },
    };
    push(this.#heap, task);
    return task;
  }

  /** When the next task is due, or `undefined` when none is. */
  nextAt(): number | undefined {
    while (this.#heap[0]?.cancelled) pop(this.#heap);
    return this.#heap[0]?.at;
  }

  /**
   * Moves time on by `ms`, running what falls due. Promise callbacks settle between tasks,
   * as they would in real time. Microtasks alone are awaited: a task that waits for real I/O is a mistake here.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let at = this.nextAt(); at !== undefined && at <= until; at = this.nextAt()) {
      this.#now = at;
      for (let task = this.#heap[0]; task !== undefined && task.at <= at; task = this.#heap[0]) {
        pop(this.#heap);
        if (!task.cancelled) task.run();
      }
      await settle();
    }
    this.#now = until;
  }
}

/** Lets every promise callback that is already due run, and those that they cause. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Task[], task: Task): void {
  let index = heap.length;
  heap.push(task);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Task;
    if (!before(task, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = task;
}

function pop(heap: Task[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child++;
    const below = heap[child] as Task;
    if (!before(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
