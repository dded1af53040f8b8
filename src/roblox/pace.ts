/** How fast one bucket may be used: the arithmetic behind "at most 97 % of Roblox's limit in any 60 seconds". */
export type Pace = {
  /** Most calls in any 60 s. */
  readonly perWindow: number;
  /** Distance between slots. */
  readonly spacingMs: number;
  /** How many slots an idle bucket has saved up. */
  readonly burst: number;
  /** How long after its time a slot may still be used. */
  readonly lifeMs: number;
  /** Slots worth one second: the most that is reserved at once, so that a dead process wastes no more. */
  readonly blockMax: number;
};

const windowMs = 60_000;
const share = 0.97;
const burstMax = 4;
const lifeMs = 300;

/**
 * Slots lie `spacingMs` apart. One may be used later than its place: by up to `burst - 1` spacings when the bucket was
 * idle, and by `lifeMs` when nobody wanted it at once. So the slots used within 60 s have places within 60 s + those two,
 * and there are at most `burst + (60 s + lifeMs) / spacing` of them. The spacing is the smallest that keeps this below
 * `perWindow + 1`.
 */
export function paceOf(perMinute: number): Pace {
  const perWindow = Math.max(1, Math.floor(share * perMinute));
  const burst = Math.min(burstMax, Math.max(1, Math.floor(perWindow / 20)));
  const exactMs = (windowMs + lifeMs) / (perWindow - burst + 1);
  // Up to the next whole microsecond, which is what PostgreSQL keeps, and one more to stay strictly below.
  const spacingMs = (Math.ceil(exactMs * 1000) + 1) / 1000;
  return { perWindow, spacingMs, burst, lifeMs, blockMax: Math.max(1, Math.floor(1000 / spacingMs)) };
}
