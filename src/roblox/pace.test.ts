import { expect, test } from 'vitest';
import { paceOf } from './pace.ts';

test.each([1, 2, 5, 9, 10, 60, 100, 150, 250, 300, 1000, 60_000])(
  'at %i calls a minute the arithmetic keeps any 60 s within 97 %%, and wastes little of it',
  (perMinute) => {
    const { perWindow, spacingMs, burst, lifeMs } = paceOf(perMinute);
    expect(perWindow).toBe(Math.max(1, Math.floor(0.97 * perMinute)));
    // The most slots whose use can fall into one closed window of 60 s.
    const most = burst + Math.floor((60_000 + lifeMs) / spacingMs);
    expect(most).toBeLessThanOrEqual(perWindow);
    expect(burst).toBeGreaterThanOrEqual(1);
    expect(burst).toBeLessThanOrEqual(5);
    // For the limits that matter, the steady rate stays above 95 % of what Roblox documents.
    if (perMinute >= 300) expect(60_000 / spacingMs).toBeGreaterThan(0.95 * perMinute);
  },
);

test('a block is worth at most a second, and at least one slot', () => {
  expect(paceOf(300).blockMax).toBe(4);
  expect(paceOf(5).blockMax).toBe(1);
  const { blockMax, spacingMs } = paceOf(60_000);
  expect(blockMax * spacingMs).toBeLessThanOrEqual(1000);
});
