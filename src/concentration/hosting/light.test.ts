import assert from "node:assert/strict";
import { test } from "node:test";
import { distanceKm, lightBound, type Reach } from "./light.ts";

const frankfurt = { latitude: 50.1, longitude: 8.7 };
const virginia = { latitude: 39, longitude: -77.5 };
const amsterdam = { latitude: 52.4, longitude: 4.9 };
const sydney = { latitude: -33.9, longitude: 151.2 };

test("light: distances over the earth are those of great circles, over the date line and between the poles too", () => {
  const table: [number, number, number, number, number][] = [
    [0, 0, 0, 0, 0],
    // A degree of the equator, a quarter and half of the way round: 111.195 km a degree at the mean radius.
    [0, 0, 0, 1, 111],
    [0, 179.5, 0, -179.5, 111],
    [0, 0, 90, 0, 10_008],
    [90, 0, -90, 77, 20_015],
    [0, 0, 0, 180, 20_015],
    // London to Paris, and to New York.
    [51.5, -0.1, 48.9, 2.4, 339],
    [51.5, -0.1, 40.7, -74, 5_573],
  ];
  for (const [latitude, longitude, otherLatitude, otherLongitude, km] of table) {
    const found = distanceKm({ latitude, longitude }, { latitude: otherLatitude, longitude: otherLongitude });
    assert.equal(Math.round(found), km, `${latitude} ${longitude} ${otherLatitude} ${otherLongitude}`);
  }
});

test("light: a region is refuted only where light could not have gone, and supported only by who answers from near", () => {
  const table: [typeof frankfurt, number, Reach][] = [
    [virginia, 1, "refuted"],
    [virginia, 39, "refuted"],
    // 6 555 km, less 600 of vagueness, are 39.7 ms in vacuum.
    [virginia, 40, "possible"],
    [virginia, 95, "possible"],
    [sydney, 100, "refuted"],
    [sydney, 280, "possible"],
    [frankfurt, 0.3, "supported"],
    [frankfurt, 2, "supported"],
    [frankfurt, 2.1, "possible"],
    [amsterdam, 0.5, "supported"],
  ];
  for (const [there, ms, reach] of table) {
    assert.equal(lightBound("x/y", frankfurt, there, ms, 600).reach, reach, `${there.latitude} in ${ms} ms`);
  }
  const { withinKm, regionKm } = lightBound("x/y", frankfurt, virginia, 1.5, 600);
  assert.deepEqual([Math.round(withinKm), Math.round(regionKm)], [225, 6_555]);
});

test("light: with no vagueness at all a machine in the region itself is never refuted", () => {
  for (const ms of [0.000_1, 1, 100]) assert.notEqual(lightBound("x", sydney, sydney, ms, 0).reach, "refuted");
});
