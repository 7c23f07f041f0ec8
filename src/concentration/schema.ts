import { z } from "zod";
import { duration, percentage } from "../core/options.ts";

/** The name under which all networks together are measured; no network may have it. */
export const allNetworks = "all";

const most = () => percentage().optional();

/** The `concentration:` of a configuration: what a fleet must not become, for `breakwater concentration`. */
export const concentrationSchema = z.strictObject({
  maxShare: z
    .strictObject({
      provider: most().describe("The most that one provider may hold of the capacity"),
      kind: most().describe("The most that one kind of provider may hold"),
      region: most().describe("The most that may stand in one region"),
      asn: most().describe("The most that one autonomous system may announce"),
      jurisdiction: most().describe("The most that may be under one country's law"),
      operator: most().describe("The most that one operator may run"),
      client: most().describe("The most that may run one software"),
      edge: most().describe("The most that may stand behind one CDN"),
    })
    .prefault({})
    .describe("Shares of capacity that no entity may exceed"),
  minSurvivability: z
    .strictObject({
      n1: most().describe("What must still be carried of the peak without any one failure domain"),
      n2: most().describe("The same without any two"),
    })
    .prefault({})
    .describe("What must be left after a loss"),
});

/** The `hosting:` of a configuration: how it is found out who hosts upstreams. */
export const hostingSchema = z.strictObject({
  database: z
    .string()
    .min(1)
    .optional()
    .describe("An MMDB or libloc file that tells who owns addresses; without one a table of the big hosts does"),
  cymru: z
    .boolean()
    .default(false)
    .describe(
      "Team Cymru's DNS zone is asked who announces the addresses of upstreams and peers, so that it hears of them",
    ),
  refresh: duration("1h")
    .refine((ms) => ms >= 60_000, { error: "must be at least 1m" })
    .describe("Between two looks at the addresses of upstreams, and at peers"),
  locations: z
    .record(z.string().max(127), z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180)]))
    .default({})
    .describe("Where regions are that the catalogue does not know: [latitude, longitude] in degrees"),
});

export type HostingOptions = Readonly<z.output<typeof hostingSchema>>;

/** Shares between 0 and 1. */
export type ConcentrationOptions = Readonly<z.output<typeof concentrationSchema>>;
