/** A script under which nothing is made to fail: `loadtest/NAME.ts`. */
export interface Load {
  readonly name: string;
  readonly about: string;
  /** How long it takes at scale 1. */
  readonly seconds: number;
}

export const loads = {
  smoke: { name: "smoke", about: "Four clients, each asking as soon as it was answered", seconds: 10 },
  steady: { name: "steady", about: "The same number of calls every second", seconds: 60 },
  spike: {
    name: "spike",
    about: "Ten times as many calls from one second to the next, and as suddenly fewer",
    seconds: 40,
  },
  soak: { name: "soak", about: "An hour of calls, for what only comes with time", seconds: 3_600 },
} as const satisfies Record<string, Load>;

export type LoadName = keyof typeof loads;
