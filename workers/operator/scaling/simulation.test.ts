// The operator's decisions on simulated queues, workers and Pods, each with seeds.
import { describe, expect, it } from 'vitest';
import { perSecond } from './rate.ts';
import { unknownReading } from './reading.ts';
import { forSeeds, type Random } from './testing/random.ts';
import { sampleSpec } from './testing/samples.ts';
import { Simulation, type Step } from './testing/simulation.ts';

const shown = (steps: readonly Step[]): string =>
  steps.map(({ timeMs, to, decision }) => `${timeMs / 1_000} s: ${to}, ${decision.message}`).join('\n');

/** How often the replicas go up after having gone down, and the other way round. */
const turns = (steps: readonly Step[]): number =>
  steps.filter(({ from, to }, index) => {
    const next = steps[index + 1];
    return next && Math.sign(to - from) !== Math.sign(next.to - next.from);
  }).length;

/** A load that the workers can bear, from a tenth of one replica's speed to eight replicas'. */
function steadyLoad(random: Random) {
  const speed = random.pick([5, 40, 300, 1_000]);
  const batch = random.pick([1, 8, 100, 1_000].filter((size) => size <= 5 * speed));
  return { speed, batch, arrivals: speed * random.between(0.1, 8), replicas: random.whole(1, 10) };
}

describe('constant load', () => {
  it.each([
    ['drainSeconds', (_batch: number, random: Random) => ({ drainSeconds: random.pick([10, 30, 120]) })],
    ['lagPerReplica', (batch: number, random: Random) => ({ lagPerReplica: batch * random.pick([2, 5, 20]) })],
  ])('with %s settles, and then changes at most once in ten minutes', (_, goal) => {
    forSeeds(40, (random) => {
      const { speed, batch, arrivals, replicas } = steadyLoad(random);
      const simulation = new Simulation({
        spec: sampleSpec({ batch, minReplicas: random.whole(0, 1), ...goal(batch, random) }),
        random,
        speed: () => speed,
        arrivals: () => arrivals,
        replicas,
      });
      simulation.run(600);
      const settled = simulation.steps.length;
      const queue = simulation.queue;
      simulation.run(600);
      const what = `${arrivals} arrive per second, speed ${speed}, batch ${batch}\n${shown(simulation.steps)}`;
      expect(simulation.steps.length - settled, what).toBeLessThanOrEqual(1);
      expect(simulation.replicas, what).toBeGreaterThanOrEqual(Math.floor(arrivals / speed));
      expect(simulation.queue, what).toBeLessThan(queue + 30 * speed * simulation.replicas);
    });
  });
});

describe('a flood of 20,000 messages', () => {
  it.each([0, 1])('is drained in 30 s within a factor of two, and then it is back to %i', (minReplicas) => {
    forSeeds(40, (random) => {
      const simulation = new Simulation({
        spec: sampleSpec({ minReplicas, batch: random.pick([8, 100, 1_000]) }),
        random,
        speed: () => 300,
        replicas: minReplicas,
      });
      simulation.run(120);
      simulation.flood(20_000);
      const drainSeconds = simulation.runUntil(() => simulation.queue === 0, 120);
      expect(drainSeconds, shown(simulation.steps)).toBeGreaterThanOrEqual(15);
      expect(drainSeconds, shown(simulation.steps)).toBeLessThanOrEqual(60);
      simulation.run(90);
      expect(simulation.replicas, shown(simulation.steps)).toBe(minReplicas);
      expect(turns(simulation.steps), shown(simulation.steps)).toBe(1);
    });
  });
});

describe('a flood on top of a steady load', () => {
  it('leaves nothing behind: what one replica bore before, it bears afterwards', () => {
    forSeeds(40, (random) => {
      const speed = random.pick([8, 40, 300]);
      // From a trickle, with nothing to do in between, to half of what one replica bears.
      const arrivals = speed * random.pick([0.01, 0.1, 0.5]);
      const simulation = new Simulation({
        spec: sampleSpec({ minReplicas: 1, batch: random.pick([1, 8]) }),
        random,
        speed: () => speed,
        arrivals: () => arrivals,
      });
      simulation.run(120);
      simulation.flood(60 * speed);
      simulation.run(240);
      expect(simulation.replicas, shown(simulation.steps)).toBe(1);
      expect(turns(simulation.steps), shown(simulation.steps)).toBeLessThanOrEqual(1);
    });
  });
});

describe('a worker that stands still', () => {
  it.each(['from its start', 'after a while'])('%s is scaled up at most, never down, and then left alone', (since) => {
    forSeeds(40, (random) => {
      const stuckAtMs = since === 'from its start' ? 0 : 300_000;
      const simulation = new Simulation({
        spec: sampleSpec({ batch: random.pick([8, 100]) }),
        random,
        speed: (timeMs) => (timeMs < stuckAtMs ? 300 : 0),
        arrivals: () => random.between(10, 1_000),
        replicas: random.whole(1, 3),
      });
      simulation.run(stuckAtMs / 1_000);
      const before = simulation.steps.length;
      simulation.run(40);
      expect(turns(simulation.steps.slice(before)), shown(simulation.steps)).toBe(0);
      expect(simulation.decision?.reason).toBe('Standstill');
      const held = simulation.replicas;
      simulation.run(600);
      expect(simulation.replicas, shown(simulation.steps)).toBe(held);
    });
  });
});

describe('the speed of a replica', () => {
  it('is measured within 20 %, through restarts of the consumer and lost readings', () => {
    forSeeds(60, (random) => {
      const speed = random.between(20, 1_000);
      const simulation = new Simulation({
        spec: sampleSpec({ batch: Math.ceil(speed * random.between(0.01, 3)), maxReplicas: random.whole(1, 10) }),
        random,
        speed: () => speed,
        distort: (reading) => (random.chance(0.1) ? unknownReading(reading.atMs, 'late', 'lost on its way') : reading),
      });
      simulation.flood(speed * 1_000);
      simulation.run(30);
      simulation.recreate();
      simulation.run(30);
      const measured = perSecond(simulation.state.measurement.rate) ?? 0;
      expect(Math.abs(measured / speed - 1), `${measured} measured, ${speed} true`).toBeLessThan(0.2);
    });
  });

  it('follows a change of the true speed', () => {
    forSeeds(20, (random) => {
      const simulation = new Simulation({
        spec: sampleSpec({ maxReplicas: 3 }),
        random,
        speed: (timeMs) => (timeMs < 60_000 ? 400 : 100),
      });
      simulation.flood(1_000_000);
      simulation.run(60);
      expect(perSecond(simulation.state.measurement.rate)).toBeGreaterThan(320);
      simulation.run(120);
      expect(perSecond(simulation.state.measurement.rate)).toBeLessThan(125);
    });
  });
});
