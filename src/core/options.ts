import { z } from "zod";
import { durationPattern, parseDuration } from "../lib/duration.ts";
import { parseSize, sizePattern } from "../lib/size.ts";

// Messages continue the sentence that the path of the option begins: "networks.ethereum.health.interval needs a unit: 5s".

/** The longest delay that Node's timers can hold: 2^31 - 1 ms. */
const longestMs = 2_147_483_647;

const wantsDuration = "must be a duration such as 250ms, 5s, 2m or 1m30s";

const durationType = z
  .string({ error: (issue) => (typeof issue.input === "number" ? `needs a unit: ${issue.input}s` : wantsDuration) })
  .regex(durationPattern, { error: wantsDuration })
  .transform(parsed(parseDuration))
  .refine((ms) => ms > 0 && ms <= longestMs, { error: "must be more than 0 and at most 24 days" });

/**
 * An option that is a duration: `5s` in the document, milliseconds for the code. More than 0, at most what a timer holds.
 * With a default, the option may be left out.
 */
export function duration(): typeof durationType;
export function duration(defaultText: string): z.ZodPrefault<typeof durationType>;
export function duration(defaultText?: string): typeof durationType | z.ZodPrefault<typeof durationType> {
  return defaultText === undefined ? durationType : durationType.prefault(defaultText);
}

const wantsSize = { error: "must be a size such as 64KiB, 1MiB, 128MB or a whole number of bytes" };

const sizeType = z
  .union([z.int(wantsSize).positive(wantsSize), z.string().regex(sizePattern, wantsSize)], wantsSize)
  .transform((value) => String(value))
  .transform(parsed(parseSize))
  .refine((bytes) => bytes > 0, { error: "must be more than 0" });

/** An option that is a size: `1MiB` in the document, bytes for the code. With a default, the option may be left out. */
export function size(): typeof sizeType;
export function size(defaultText: string): z.ZodPrefault<typeof sizeType>;
export function size(defaultText?: string): typeof sizeType | z.ZodPrefault<typeof sizeType> {
  return defaultText === undefined ? sizeType : sizeType.prefault(defaultText);
}

const perSecond: Readonly<Record<string, number>> = { s: 1, m: 1 / 60, h: 1 / 3_600 };

const wantsRate = "must be a rate such as 100/s, 600/m or 5000/h";

const rateType = z
  .string({ error: (issue) => (typeof issue.input === "number" ? `must say per what: ${issue.input}/s` : wantsRate) })
  .regex(/^\d+(\.\d+)?\/[smh]$/, { error: wantsRate })
  .transform((text) => Number.parseFloat(text) * (perSecond[text.slice(-1)] as number))
  .refine((rate) => rate > 0, { error: "must be more than 0" });

/** An option that is a rate: `600/m` in the document, so many per second (10) for the code. */
export function rate(): typeof rateType;
export function rate(defaultText: string): z.ZodPrefault<typeof rateType>;
export function rate(defaultText?: string): typeof rateType | z.ZodPrefault<typeof rateType> {
  return defaultText === undefined ? rateType : rateType.prefault(defaultText);
}

const wantsShare = { error: "must be a share such as 20% or 0.2" };

const percentageType = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/, wantsShare)], wantsShare)
  .transform((value) => (typeof value === "number" ? value : Number.parseFloat(value) / 100))
  .refine((share) => share >= 0 && share <= 1, { error: "must lie between 0% and 100% (0 and 1)" });

/** An option that is a share of something: `20%` or 0.2 in the document, 0.2 for the code. */
export function percentage(): typeof percentageType;
export function percentage(defaultText: string): z.ZodPrefault<typeof percentageType>;
export function percentage(defaultText?: string): typeof percentageType | z.ZodPrefault<typeof percentageType> {
  return defaultText === undefined ? percentageType : percentageType.prefault(defaultText);
}

/** Turns a parser of text into a step of a type, for text that has the pattern but still means nothing. */
function parsed(parse: (text: string) => number | undefined) {
  return (text: string, context: z.core.$RefinementCtx<string>): number => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: "is out of range" });
    return z.NEVER;
  };
}
