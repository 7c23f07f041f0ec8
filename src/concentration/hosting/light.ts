/** A point on the earth, in degrees: north and east are positive. */
export interface Spot {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * What the time of a connection says of a region in which somebody is said to stand:
 * `refuted`   light could not go there and back in that time
 * `supported` it stands as near to Breakwater as the region is: a machine far away could not answer so soon
 * `possible`  neither
 */
export type Reach = "refuted" | "supported" | "possible";

/** Where a machine can stand that accepts a connection within some time, beside where it is said to stand. */
export interface LightBound {
  readonly region: string;
  /** The shortest time in which a connection was accepted, in milliseconds. */
  readonly connectMs: number;
  /** No farther from Breakwater than this, in kilometres. */
  readonly withinKm: number;
  /** How far the region is, in kilometres. */
  readonly regionKm: number;
  readonly reach: Reach;
}

/**
 * Kilometres that light goes there and back in a millisecond: half of 299.792 458 km/ms, the speed in vacuum, and no more
 * can be said for certain. Fibre has two thirds of that, but radio links, satellites and hollow fibre come close.
 */
const kmPerMs = 299.792_458 / 2;

/** Mean radius of the earth in kilometres. Source: IUGG, R1. */
const earthKm = 6_371.008_8;

/** Who accepts a connection within this, in milliseconds, is near: some 300 km at most, some 200 by fibre. */
const nearMs = 2;

/** The shortest way between two points over the earth, in kilometres: the haversine formula. */
export function distanceKm(a: Spot, b: Spot): number {
  const north = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const east = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const chord = north + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * east;
  return 2 * earthKm * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/**
 * Holds a region against the time that a connection took. Time can be added and never taken away: that somebody is near can
 * be proven, that somebody is far cannot. `vaguenessKm` is how far from its point a region may reach, ours and theirs.
 */
export function lightBound(
  region: string,
  here: Spot,
  there: Spot,
  connectMs: number,
  vaguenessKm: number,
): LightBound {
  const withinKm = connectMs * kmPerMs;
  const regionKm = distanceKm(here, there);
  return { region, connectMs, withinKm, regionKm, reach: reachOf(connectMs, withinKm, regionKm, vaguenessKm) };
}

function reachOf(connectMs: number, withinKm: number, regionKm: number, vaguenessKm: number): Reach {
  if (withinKm + vaguenessKm < regionKm) return "refuted";
  return connectMs <= nearMs && regionKm <= nearMs * kmPerMs + vaguenessKm ? "supported" : "possible";
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
