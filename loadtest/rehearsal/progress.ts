import { count, time } from "../report/words.ts";
import { quantile, type Sample } from "./samples.ts";

/** How far back the rate and latency shown are taken from, and how often a line is written that stays; milliseconds. */
const recentMs = 2_000;
const lineMs = 5_000;

/** Shows on stderr how a run goes: one line that changes on a terminal, a line every few seconds elsewhere. */
export class Progress {
  readonly #title: string;
  readonly #seconds: number;
  #recent: Sample[] = [];
  #startedAt = 0;
  #calls = 0;
  #failed = 0;
  #shownAt = 0;

  /** `seconds` is how long the run takes. */
  constructor(title: string, seconds: number) {
    this.#title = title;
    this.#seconds = seconds;
  }

  hear(sample: Sample): void {
    if (this.#calls === 0) this.#startedAt = this.#shownAt = sample.endedAt;
    this.#calls++;
    if (!sample.answered) this.#failed++;
    this.#recent.push(sample);
    if (sample.endedAt - this.#shownAt < (process.stderr.isTTY ? 500 : lineMs)) return;
    this.#shownAt = sample.endedAt;
    this.#recent = this.#recent.filter(({ endedAt }) => endedAt > sample.endedAt - recentMs);
    const text = this.#line(sample);
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }

  #line({ phase, endedAt }: Sample): string {
    const passed = endedAt - this.#startedAt;
    const perSecond = this.#recent.length / (Math.min(recentMs, Math.max(1, passed)) / 1_000);
    const p99 = quantile(
      this.#recent.map(({ ms }) => ms).sort((a, b) => a - b),
      0.99,
    );
    const done = `${Math.round(passed / 1_000)} of ${Math.round(this.#seconds)} s`;
    return `${this.#title}  ${done}  ${phase}: ${count(perSecond)}/s, p99 ${time(p99)}, ${count(this.#failed)} of ${count(this.#calls)} failed`;
  }
}
