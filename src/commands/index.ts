import { auditCommand } from "./audit.ts";
import { checkCommand } from "./check.ts";
import type { Command } from "./command.ts";
import { concentrationCommand } from "./concentration.ts";
import { drillCommand } from "./drill.ts";
import { schemaCommand } from "./schema.ts";
import { serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";

/** All commands, in the order of the overview. */
export const commands: readonly Command[] = [
  serveCommand,
  checkCommand,
  simulateCommand,
  concentrationCommand,
  drillCommand,
  auditCommand,
  schemaCommand,
];
