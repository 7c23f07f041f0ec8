import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, loadCore, type Running, type Workplace } from "./machine.ts";

const addressesPerBlock = 250;

/** The upstream behind every contender: one process that answers on many loopback addresses, one for each upstream. */
export interface Backend {
  /** `127.1.x.y:port` of upstream `index`. */
  host(index: number): string;
  readonly running: Running;
}

/** Compiles and starts `upstream.c` with as many addresses as asked. */
export async function startBackend(workplace: Workplace, addresses: number, largeBytes: number): Promise<Backend> {
  const program = join(workplace.folder, "upstream");
  await workplace.run(loadCore, ["cc", "-O2", "-o", program, fileURLToPath(new URL("upstream.c", import.meta.url))]);
  const port = await freePort();
  // For `breakwater.yaml`.
  process.env["BREAKWATER_BENCH_PORT"] = String(port);
  const running = workplace.start("upstream", loadCore, [program, `${port}`, `${addresses}`, `${largeBytes}`]);
  return {
    running,
    host: (index) => `127.1.${Math.floor(index / addressesPerBlock)}.${(index % addressesPerBlock) + 1}:${port}`,
  };
}
