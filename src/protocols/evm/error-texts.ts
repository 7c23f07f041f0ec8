/** Pieces of lower-case text that stand in a message in this order. */
export type Phrase = readonly string[];

/** Phrases as they are written here: `;` stands between them, ` .. ` between the pieces of one. */
export function phrases([text]: TemplateStringsArray): readonly Phrase[] {
  return (text ?? "").split(";").map((phrase) => phrase.trim().replace(/\s+/g, " ").split(" .. "));
}

/** The plan does not reach back so far. */
export const archiveTexts = phrases`archive requests require; archive, debug and trace requests;
  access to archival, debug, or trace data; archive .. not available on; archive .. upgrade`;

/** The account is used up for long. */
export const quotaTexts = phrases`monthly capacity; monthly quota; monthly request; daily request count exceeded; daily limit;
  reached the free tier; balance exceeded; out of credits; insufficient credits; limit for your current plan;
  exceeded the quota; quota exceeded; reached the quota; reached the maximum api usage; payment required; /billing;
  upgrade your scaling policy`;

/** Too much for now. */
export const throttleTexts = phrases`rate limit; rate-limit; rate exceeded; too many request; too many concurrent requests;
  request limit; requests limited to; credits limited to; usage limit; capacity limit; throughput limit;
  compute units per second; exceeded its; exceeded the rps; maximum qps; maximum cups; not enough cups; over capacity;
  under too much load; resourceexhausted; enhance_your_calm; error code: 1015`;

/** The key is not accepted. */
export const keyTexts = phrases`unauthorized; unauthenticated; authenticat; invalid api key; invalid apikey; api key is;
  missing api key; an api key; access key; key is inactive; app is inactive; token is invalid; invalid token;
  invalid project id; project id is required; personal token; key is on another chain; no longer allowed;
  chain is not available; access denied`;
