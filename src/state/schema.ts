import { z } from "zod";

/** The `state:` of a configuration: where what must outlive the process is kept. */
export const stateSchema = z
  .strictObject({
    file: z.string().min(1).optional().describe("A folder of this machine: survives a restart; for one instance"),
    redis: z
      .string()
      .regex(/^rediss?:\/\/[^\s]+$/, { error: "must be redis://HOST:PORT or rediss://HOST:PORT" })
      .refine((url) => URL.canParse(url), { error: "must be redis://HOST:PORT or rediss://HOST:PORT" })
      .optional()
      .describe("A Redis: survives a restart, and of the machine too"),
  })
  .refine(({ file, redis }) => file === undefined || redis === undefined, {
    error: "is kept in file or redis, not both",
  })
  .describe("Where what must outlive the process is kept; in memory when neither is said");

/** At most one is given. */
export type StateOptions = Readonly<z.output<typeof stateSchema>>;
