/**
 * The cost of each layer, in time: clocks stand around the functions through which every request goes (brevet-server.mjs),
 * one request runs at a time, paced as for Roblox, and each moment counts for the innermost function it lies in.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Ask } from './load.ts';
import type { Context } from './row.ts';
import type { Brevet } from './stage.ts';
import { median, rounded } from './statistics.ts';
import { brevetCrew, cloudGroup, cookieGroup, getRank, setRank } from './world.ts';

const perRound = 25;
const everyMs = 230;

type Span = { readonly name: string; readonly startMs: number; readonly endMs: number };
const layerNames = ['auth', 'limits', 'storage', 'roblox', 'rest'] as const;
type Layer = (typeof layerNames)[number];

/** Inner ones first. */
const layerOf: readonly (readonly [prefix: string, layer: Layer])[] = [
  ['slots.', 'limits'],
  ['keys.takeRequests', 'limits'],
  ['keys.find', 'auth'],
  ['ranking.', 'storage'],
  ['turns.', 'storage'],
  ['journal.', 'storage'],
  ['roblox.reserve', 'limits'],
  ['roblox.', 'roblox'],
];
const depthOf = (name: string) => layerOf.findIndex(([prefix]) => name.startsWith(prefix));

export type LayerCosts = {
  readonly totalMs: number;
  readonly layers: Readonly<Record<Layer, number>>;
  /** Medians of each function, where it was called at all; they may lie in each other or side by side. */
  readonly functions: Readonly<Record<string, { readonly ms: number; readonly perRequest: number }>>;
};

export async function costOfLayers({
  stage,
  rounds,
  progress,
}: Context): Promise<Record<'getRank' | 'setRank', LayerCosts>> {
  const { roblox } = await stage.paced();
  await roblox.limits(false);
  progress('layers: starting Brevet with clocks in it');
  const brevet = await stage.startOwn(roblox, { BENCH_SPANS: '1' });
  const askSetRank = () => {
    const { userId, rank } = roblox.climbs[cookieGroup].next();
    return setRank(cookieGroup, userId, rank);
  };
  const samples = { getRank: [] as Sample[], setRank: [] as Sample[] };
  for (let round = 0; round <= rounds; round += 1) {
    progress(round === 0 ? 'layers: warming up' : `layers: round ${round} of ${rounds}`);
    for (let count = 0; count < perRound; count += 1) {
      const next = wait(everyMs);
      const reading = await sampleOf(brevet, getRank(cloudGroup, brevetCrew.firstId + count));
      const ranking = await sampleOf(brevet, askSetRank());
      await next;
      if (round === 0) continue;
      samples.getRank.push(reading);
      samples.setRank.push(ranking);
    }
  }
  await brevet.stop();
  return { getRank: costs(samples.getRank), setRank: costs(samples.setRank) };
}

type Sample = { readonly totalMs: number; readonly spans: readonly Span[] };

async function sampleOf(brevet: Brevet, ask: Ask): Promise<Sample> {
  const spansNow = async () =>
    JSON.parse((await brevet.client.expect({ method: 'GET', path: '/_bench/spans', headers: {} })).text) as Span[];
  await spansNow();
  const { tookMs } = await brevet.client.expect(ask);
  return { totalMs: tookMs, spans: await spansNow() };
}

/** Cuts the time at every begin and end, and gives each piece to the innermost span over it. */
function layersOf({ totalMs, spans }: Sample): Record<Layer, number> {
  const sums = { auth: 0, limits: 0, storage: 0, roblox: 0, rest: 0 };
  const edges = [...new Set(spans.flatMap((span) => [span.startMs, span.endMs]))].sort((a, b) => a - b);
  for (const [index, from] of edges.entries()) {
    const to = edges[index + 1];
    if (to === undefined) break;
    const over = spans.filter((span) => span.startMs <= from && span.endMs >= to).map((span) => depthOf(span.name));
    const [, layer] = layerOf[Math.min(...over)] ?? [];
    if (layer !== undefined) sums[layer] += to - from;
  }
  return { ...sums, rest: totalMs - sums.auth - sums.limits - sums.storage - sums.roblox };
}

function costs(samples: readonly Sample[]): LayerCosts {
  const layers = samples.map(layersOf);
  const names = [...new Set(samples.flatMap((sample) => sample.spans.map((span) => span.name)))].sort();
  return {
    totalMs: rounded(median(samples.map((sample) => sample.totalMs))),
    layers: Object.fromEntries(
      layerNames.map((name) => [name, rounded(median(layers.map((one) => one[name])))]),
    ) as Record<Layer, number>,
    functions: Object.fromEntries(
      names.map((name) => {
        const spans = samples.flatMap((sample) => sample.spans.filter((span) => span.name === name));
        const ms = rounded(median(spans.map((span) => span.endMs - span.startMs)));
        return [name, { ms, perRequest: rounded(spans.length / samples.length) }];
      }),
    ),
  };
}
