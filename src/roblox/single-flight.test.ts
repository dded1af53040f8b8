import { expect, test } from 'vitest';
import { RobloxError } from './roblox.ts';
import { SingleFlight } from './single-flight.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const late = () => new RobloxError('unavailable', 'getGroup', 'late');
const failed = () => new RobloxError('unavailable', 'getGroup', 'failed');

function setUp() {
  const clock = new VirtualClock({ isRunning: false });
  const flights = new SingleFlight(clock);
  const starts: { finish: (value: number) => void; fail: (error: Error) => void }[] = [];
  const urgencies: { priority: string }[] = [];
  const join = (key: string, seconds: number, priority: 'change' | 'read' | 'bulk' = 'read') =>
    flights.join(key, { deadlineMs: clock.monotonicMs() + seconds * 1000, priority }, late, (urgency) => {
      urgencies.push(urgency);
      return new Promise<number>((finish, fail) => starts.push({ finish, fail }));
    });
  return { clock, starts, urgencies, join };
}

test('the same question in flight is asked once and answered to all', async () => {
  const { starts, join } = setUp();
  const asked = [join('a', 10), join('a', 10), join('b', 10), join('a', 20)];
  expect(starts).toHaveLength(2);
  starts[0]?.finish(1);
  starts[1]?.finish(2);
  expect(await Promise.all(asked)).toEqual([1, 1, 2, 1]);
});

test('once it is answered, the next one asks anew', async () => {
  const { starts, join } = setUp();
  const first = join('a', 10);
  starts[0]?.finish(1);
  await first;
  void join('a', 10);
  expect(starts).toHaveLength(2);
});

test('a failure for lack of the first one’s time is not that of one who has more', async () => {
  const { starts, join } = setUp();
  const first = join('a', 1);
  const second = join('a', 20);
  starts[0]?.fail(failed());
  await expect(first).rejects.toThrow('failed');
  await expect.poll(() => starts.length).toBe(2);
  starts[1]?.finish(7);
  expect(await second).toBe(7);
});

test('a refusal is everybody’s', async () => {
  const { starts, join } = setUp();
  const asked = [join('a', 1), join('a', 20)];
  starts[0]?.fail(new RobloxError('refused', 'getGroup', 'no'));
  for (const each of asked) await expect(each).rejects.toThrow('no');
  expect(starts).toHaveLength(1);
});

test('one who has less time gives up at its own deadline and leaves the others waiting', async () => {
  const { clock, starts, join } = setUp();
  const patient = join('a', 20);
  const hasty = join('a', 5).catch((error: Error) => error.message);
  await clock.advance(5_000);
  expect(await hasty).toBe('late');
  starts[0]?.finish(3);
  expect(await patient).toBe(3);
});

test('whoever joins in greater haste makes the call as urgent as itself', () => {
  const { urgencies, join } = setUp();
  void join('a', 10, 'bulk');
  void join('a', 10, 'change');
  void join('a', 10, 'read');
  expect(urgencies).toEqual([{ priority: 'change' }]);
});
