import assert from "node:assert/strict";
import { test } from "node:test";
import { unknownStatus } from "../core/upstream.ts";
import { seededRandom } from "../lib/random.ts";
import { Heads, newTrack, type Track } from "./head.ts";

/** Heads of so many serving upstreams, on a chain of known block time; NaN for one that has to be learned. */
function fleet(size: number, blockMs = 12_000): { heads: Heads; tracks: Track[] } {
  const heads = new Heads(3, Number.isNaN(blockMs) ? undefined : blockMs);
  const tracks = Array.from({ length: size }, () => {
    const track = newTrack(unknownStatus());
    track.serving = true;
    heads.add(track);
    return track;
  });
  return { heads, tracks };
}

/** Each upstream in turn is probed and has this head. */
function readAll(heads: Heads, tracks: readonly Track[], height: number, now: number): void {
  for (const track of tracks) heads.read(track, height, now);
}

test("head: whatever comes in whatever order, clients see it go forward only, and never beyond what can be served", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed);
    const { heads, tracks } = fleet(3 + (seed % 6), seed % 2 === 0 ? 400 : Number.NaN);
    let tip = 1_000;
    let before = { ...heads.served };
    for (let step = 0, now = 0; step < 1_500; step++, now += 200 * random()) {
      if (random() < 0.2) tip++;
      const track = tracks[Math.floor(random() * tracks.length)] as Track;
      const lie = track === tracks[0] && random() < 0.1 ? 5_000 : 0;
      const height = tip - Math.floor(4 * random()) + lie;
      const luck = random();
      if (luck < 0.5) heads.read(track, height, now);
      else if (luck < 0.7) heads.heard(track, height, now);
      else if (luck < 0.8) track.status.finalized = tip - 64 + Math.floor(100 * random());
      else if (luck < 0.9) track.safe = tip - 32 + Math.floor(60 * random());
      else track.serving = random() < 0.7;
      heads.settle(now);
      const { latest, safe, finalized } = heads.served;
      const told = `seed ${seed}, step ${step}: ${JSON.stringify(heads.served)} after ${JSON.stringify(before)}`;
      assert.ok(latest >= before.latest && safe >= before.safe && finalized >= before.finalized, told);
      assert.ok(finalized <= latest && safe <= latest && (safe < 0 || finalized <= safe), told);
      if (latest > before.latest) assert.ok(heads.servable(latest) > 0, told);
      assert.ok(latest <= tip + 200, told);
      before = { latest, safe, finalized };
    }
  }
});

test("head: one upstream may lead by a block, also alone while the others are stuck", () => {
  const { heads, tracks } = fleet(5);
  readAll(heads, tracks, 1_000, 0);
  const leader = tracks[0] as Track;
  for (let block = 1; block <= 50; block++) heads.read(leader, 1_000 + block, block * 12_000);
  assert.equal(heads.served.latest, 1_050);
  assert.equal(heads.servable(1_050), 1);
});

test("head: a minority that leaps ahead is not believed, a majority is, and so is the only one", () => {
  const table: [number, number, number][] = [
    [3, 1, 1_000],
    [3, 2, 5_000],
    [5, 2, 1_000],
    [1, 1, 5_000],
  ];
  for (const [size, leapers, expected] of table) {
    const { heads, tracks } = fleet(size);
    readAll(heads, tracks, 1_000, 0);
    readAll(heads, tracks.slice(0, leapers), 5_000, 1_000);
    assert.equal(heads.served.latest, expected, `${leapers} of ${size}`);
  }
});

test("head: a lone survivor does not make itself believed by outliving the others", () => {
  const { heads, tracks } = fleet(3);
  readAll(heads, tracks, 1_000, 0);
  const [liar, ...others] = tracks as [Track, Track, Track];
  for (const track of others) track.serving = false;
  heads.read(liar, 9_000, 1_000);
  assert.equal(heads.served.latest, 1_000);
  for (const track of others) track.serving = true;
  readAll(heads, others, 1_001, 12_000);
  assert.equal(heads.served.latest, 1_001);
  assert.ok(others.every((track) => !heads.lags(track)));
});

test("head: when those who have it die it stays, and after 30 s without anybody it is taken to be rolled back", () => {
  const { heads, tracks } = fleet(3);
  readAll(heads, tracks, 1_000, 0);
  const [leader, ...rest] = tracks as [Track, Track, Track];
  heads.read(leader, 1_002, 1_000);
  for (const track of rest) track.status.finalized = 1_000;
  leader.serving = false;
  readAll(heads, rest, 1_000, 2_000);
  assert.deepEqual([heads.served.latest, heads.servable(1_002)], [1_002, 0]);
  readAll(heads, rest, 1_000, 31_000);
  readAll(heads, rest, 998, 31_200);
  readAll(heads, rest, 998, 31_900);
  assert.equal(heads.served.latest, 1_002);
  readAll(heads, rest, 998, 32_000);
  assert.deepEqual(heads.served, { latest: 998, safe: -1, finalized: 998 });
  readAll(heads, rest, 1_001, 50_000);
  assert.equal(heads.served.latest, 1_001);
});

test("head: while nobody serves the 30 s of a rollback do not run", () => {
  const { heads, tracks } = fleet(2);
  const [leader, follower] = tracks as [Track, Track];
  readAll(heads, tracks, 1_000, 0);
  heads.read(leader, 1_001, 1_000);
  leader.serving = false;
  heads.settle(2_000);
  follower.serving = false;
  heads.settle(3_000);
  follower.serving = true;
  heads.settle(60_000);
  assert.equal(heads.served.latest, 1_001);
  heads.settle(90_000);
  assert.equal(heads.served.latest, 1_000);
});

test("head: safe and finalized are what more than half have, and one upstream cannot push them", () => {
  const { heads, tracks } = fleet(3);
  for (const [index, track] of tracks.entries()) {
    track.status.finalized = [900, 890, 995][index] as number;
    track.safe = [950, 940, 999][index] as number;
  }
  readAll(heads, tracks, 1_000, 0);
  assert.deepEqual(heads.served, { latest: 1_000, safe: 950, finalized: 900 });
});

test("head: lag is judged by the fleet, so a halted chain has no laggards", () => {
  const { heads, tracks } = fleet(3);
  readAll(heads, tracks, 1_000, 0);
  readAll(heads, tracks, 1_000, 3_600_000);
  assert.ok(tracks.every((track) => !heads.lags(track) && track.lag === 0));
});

/** Has all upstreams follow a chain that moves each block time, from `since` for `blocks` blocks; when it ended. */
function move(heads: Heads, tracks: readonly Track[], blockMs: number, from: number, since: number, blocks: number) {
  for (let block = 1; block <= blocks; block++) readAll(heads, tracks, from + block, since + block * blockMs);
  return since + blocks * blockMs;
}

test("head: a chain stands still after ten block times, and a minute at least, without a new block", () => {
  const table: [number, number][] = [
    [600_000, 6_000_000],
    [12_000, 120_000],
    [2_000, 60_000],
    [250, 60_000],
  ];
  for (const [blockMs, after] of table) {
    for (const learned of [false, true]) {
      const { heads, tracks } = fleet(4, learned ? Number.NaN : blockMs);
      const stood = move(heads, tracks, blockMs, 1_000, 0, 50);
      readAll(heads, tracks, 1_050, stood + 0.99 * after);
      assert.equal(heads.halt, undefined, `${blockMs} ms`);
      readAll(heads, tracks, 1_050, stood + 1.01 * after);
      assert.deepEqual(heads.halt, { since: stood, height: 1_050 }, `${blockMs} ms`);
      heads.heard(tracks[2] as Track, 1_051, stood + 2 * after);
      assert.equal(heads.halt, undefined, `${blockMs} ms: the first new block ends it`);
    }
  }
});

test("head: while anybody has new blocks, or most have not told, or the block time is unknown, nothing is known to stand still", () => {
  const { heads, tracks } = fleet(4);
  const [leader, ...stuck] = tracks as [Track, ...Track[]];
  readAll(heads, tracks, 1_000, 0);
  leader.serving = false;
  for (let block = 1; block <= 20; block++) {
    heads.read(leader, 1_000 + block, block * 12_000);
    readAll(heads, stuck, 1_000, block * 12_000);
  }
  const since: (number | undefined)[] = [heads.halt?.since];
  for (const track of stuck) {
    heads.read(track, 1_000, 400_000);
    since.push(heads.halt?.since);
  }
  assert.deepEqual(since, [undefined, undefined, 240_000, 240_000], "told by two of the three that serve");

  const unknown = fleet(3, Number.NaN);
  readAll(unknown.heads, unknown.tracks, 1_000, 0);
  readAll(unknown.heads, unknown.tracks, 1_000, 36_000_000);
  assert.equal(unknown.heads.halt, undefined);
});

test("head: one that leaps ahead alone neither keeps a halt from being seen nor ends it", () => {
  const { heads, tracks } = fleet(4);
  const [liar, ...honest] = tracks as [Track, ...Track[]];
  readAll(heads, tracks, 1_000, 0);
  for (let now = 12_000; now <= 240_000; now += 12_000) {
    heads.read(liar, 9_000 + now, now);
    readAll(heads, honest, 1_000, now);
  }
  assert.deepEqual(heads.halt, { since: 0, height: 1_000 });
});

test("head: when a chain moves again nobody lags or trails for as long as it took to call it a halt, then as ever", () => {
  for (const blockMs of [12_000, 2_000, 250]) {
    const after = Math.max(60_000, 10 * blockMs);
    const { heads, tracks } = fleet(4, blockMs);
    const [slow, ...rest] = tracks as [Track, ...Track[]];
    const stood = move(heads, tracks, blockMs, 1_000, 0, 50);
    readAll(heads, tracks, 1_050, stood + 600_000);
    const moved = stood + 600_000 + blockMs;
    let blamedAt = Number.POSITIVE_INFINITY;
    for (let now = moved; now < moved + 2 * after + 8 * blockMs; now += Math.max(blockMs, 1_000)) {
      readAll(heads, rest, 1_050 + Math.floor((now - moved) / blockMs), now);
      heads.read(slow, 1_050, now);
      if (heads.lags(slow) || heads.trails(slow, now)) blamedAt = Math.min(blamedAt, now - moved);
    }
    assert.ok(blamedAt > after && blamedAt < after + 4 * blockMs + 6_000, `${blockMs}: ${blamedAt} of ${after}`);
  }
});

test("head: a halt excuses who is set back by no more than the time since, and nobody who misses much more", () => {
  const { heads, tracks } = fleet(5, 2_000);
  const [back, empty, behind, ...rest] = tracks as [Track, Track, Track, ...Track[]];
  const stood = move(heads, tracks, 2_000, 1_000, 0, 50);
  for (const now of [1, 2, 3, 4]) heads.read(behind, 1_040, stood + now);
  assert.ok(heads.lags(behind), "it was behind before");
  for (let now = stood; now <= stood + 120_000; now += 1_000) {
    readAll(heads, rest, 1_050, now);
    heads.read(behind, 1_040, now);
    heads.read(back, now < stood + 90_000 ? 1_050 : 1_020, now);
    heads.read(empty, now < stood + 90_000 ? 1_050 : 7, now);
  }
  assert.deepEqual(
    [heads.lags(back), heads.trails(back, stood + 120_000), heads.lags(empty), heads.lags(behind)],
    [false, false, true, true],
  );
});

test("head: a chain that is set back stands still until it has a block on top of what it was set back to", () => {
  const { heads, tracks } = fleet(4, 2_000);
  const [dead, ...rest] = tracks as [Track, ...Track[]];
  const stood = move(heads, tracks, 2_000, 1_000, 0, 50);
  dead.serving = false;
  const halts: (number | undefined)[] = [];
  for (let now = stood + 61_000; now <= stood + 120_000; now += 1_000) {
    readAll(heads, rest, now < stood + 70_000 ? 1_050 : 1_040, now);
    halts.push(heads.halt?.height);
  }
  assert.deepEqual([heads.served.latest, new Set(halts)], [1_040, new Set([1_050])]);
  heads.read(dead, 1_050, stood + 121_000);
  assert.equal(heads.halt?.since, stood);
  readAll(heads, rest.slice(0, 1), 1_041, stood + 122_000);
  assert.equal(heads.halt, undefined);
});

test("head: two readings more than the allowed lag behind make a laggard, one in line makes it well", () => {
  const { heads, tracks } = fleet(3);
  const [slow, ...rest] = tracks as [Track, Track, Track];
  readAll(heads, tracks, 1_000, 0);
  readAll(heads, rest, 1_004, 1_000);
  heads.read(slow, 1_000, 1_000);
  assert.ok(!heads.lags(slow));
  heads.read(slow, 1_000, 2_000);
  assert.ok(heads.lags(slow));
  assert.equal(slow.lag, 4);
  heads.read(slow, 1_001, 3_000);
  assert.ok(!heads.lags(slow));
});

test("head: who misses for half a block time what half of the others have trails, whoever else leads does not matter", () => {
  const { heads, tracks } = fleet(4, 6_000);
  const [slow, leader, ...rest] = tracks as [Track, Track, Track, Track];
  readAll(heads, tracks, 1_000, 0);
  heads.read(leader, 1_003, 0);
  for (let now = 0; now <= 9_000; now += 1_000) readAll(heads, [slow, ...rest], 1_000, now);
  assert.ok(!heads.trails(slow, 9_000));
  readAll(heads, rest, 1_001, 10_000);
  heads.read(slow, 1_000, 10_000);
  assert.ok(!heads.trails(slow, 12_999));
  assert.ok(heads.trails(slow, 13_000));
  heads.read(slow, 1_001, 14_000);
  assert.ok(!heads.trails(slow, 20_000));
});

test("head: a newcomer far behind is a laggard at its first reading", () => {
  const { heads, tracks } = fleet(3);
  readAll(heads, tracks.slice(1), 1_000, 0);
  heads.read(tracks[0] as Track, 10, 1_000);
  assert.ok(heads.lags(tracks[0] as Track));
});

test("head: on a chain of 250 ms blocks eight blocks are no lag yet", () => {
  const { heads, tracks } = fleet(3, 250);
  readAll(heads, tracks, 1_000, 0);
  readAll(heads, tracks.slice(1), 1_008, 2_000);
  for (const now of [2_000, 3_000, 9_000]) heads.read(tracks[0] as Track, 1_000, now);
  assert.ok(!heads.lags(tracks[0] as Track) && !heads.trails(tracks[0] as Track, 9_000));
});

test("head: one stale reading from behind a balancer changes nothing, a second one is believed", () => {
  const { heads, tracks } = fleet(1);
  const track = tracks[0] as Track;
  heads.read(track, 1_000, 0);
  heads.read(track, 998, 1_000);
  assert.equal(track.status.head, 1_000);
  heads.read(track, 1_000, 2_000);
  heads.read(track, 998, 3_000);
  assert.equal(track.status.head, 1_000);
  heads.read(track, 998, 4_000);
  assert.equal(track.status.head, 998);
});

test("head: on a fast chain it is what half of the upstreams have, but never less than a client has seen", () => {
  const { heads, tracks } = fleet(4, 250);
  readAll(heads, tracks, 1_000, 0);
  readAll(heads, tracks, 1_000, 1_000);
  heads.read(tracks[0] as Track, 1_004, 1_100);
  assert.equal(heads.served.latest, 1_000);
  heads.read(tracks[1] as Track, 1_003, 1_150);
  assert.equal(heads.served.latest, 1_003);
  heads.heard(tracks[0] as Track, 1_004, 1_200);
  assert.equal(heads.served.latest, 1_004);
});

test("head: on a fast chain an unbelievable answer does not let a single upstream lead", () => {
  const { heads, tracks } = fleet(5, 250);
  readAll(heads, tracks, 1_000, 0);
  readAll(heads, tracks, 1_000, 1_000);
  heads.heard(tracks[4] as Track, 90_000, 1_100);
  heads.read(tracks[0] as Track, 1_004, 1_150);
  assert.equal(heads.served.latest, 1_000);
});

test("head: on a fast chain a head that nobody follows is served after a second or two all the same", () => {
  const { heads, tracks } = fleet(3, 250);
  readAll(heads, tracks, 1_000, 0);
  for (let now = 1_000; now <= 4_000; now += 1_000) {
    heads.read(tracks[0] as Track, 1_001, now);
    readAll(heads, tracks.slice(1), 1_000, now + 500);
  }
  assert.equal(heads.served.latest, 1_001);
});

test("head: the block time is learned, and a halt of the chain is not taken for it", () => {
  const { heads, tracks } = fleet(2, Number.NaN);
  for (let block = 0; block < 60; block++) readAll(heads, tracks, 1_000 + block, 3_000 + block * 2_000);
  assert.ok(Math.abs(heads.blockMs - 2_000) < 1, String(heads.blockMs));
  readAll(heads, tracks, 1_060, 3_000 + 3_600_000);
  assert.ok(heads.blockMs < 4_000, String(heads.blockMs));
});
