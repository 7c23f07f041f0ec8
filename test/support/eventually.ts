import assert from "node:assert/strict";

const looks = 120;
const pauseMs = 125;

/** Looks until there is something to find, for some seconds; what was not found is a failure in these words. */
export async function eventually<Found>(
  find: () => Found | undefined | Promise<Found | undefined>,
  what: string,
): Promise<Found> {
  for (let tries = 0; tries < looks; tries++) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  assert.fail(what);
}

/** Looks until it is so. */
export async function eventuallyIs(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await eventually(async () => (await holds()) || undefined, what);
}
