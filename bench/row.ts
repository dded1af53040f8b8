/** One line of the table: what is measured, what was promised, and how it came out. */
import type { Stage } from './stage.ts';

export type Context = {
  readonly stage: Stage;
  /** How often each side is measured, in turns; medians are compared. */
  readonly rounds: number;
  /** `--long`: whole runs in place of windows. */
  readonly isLong: boolean;
  readonly progress: (line: string) => void;
};

export type Outcome = {
  readonly measured: string;
  /** `unknown`: it cannot be measured, here or yet; `by` says why. */
  readonly met: 'yes' | 'no' | 'unknown';
  /** By how much it is missed, or why nothing was measured. */
  readonly by?: string;
  /** What the figure was made from, for latest.json. */
  readonly details: Readonly<Record<string, unknown>>;
};

export type Row = {
  readonly id: string;
  readonly measure: string;
  readonly target: string;
  run(context: Context): Promise<Outcome>;
};

/** Met when `value` is at most (or, with `atLeast`, at least) `limit`; otherwise by how much not. */
export function compared(
  value: number,
  limit: number,
  unit: string,
  direction: 'atMost' | 'atLeast' = 'atMost',
): Pick<Outcome, 'met' | 'by'> {
  const isMet = direction === 'atMost' ? value <= limit : value >= limit;
  if (isMet) return { met: 'yes' };
  const missing = Math.abs(value - limit);
  return {
    met: 'no',
    by: `${missing.toFixed(missing < 10 ? 2 : 0)} ${unit} too ${direction === 'atMost' ? 'much' : 'little'}`,
  };
}

export const needsLinux: Outcome = {
  measured: '-',
  met: 'unknown',
  by: 'needs /proc, which only Linux has',
  details: {},
};
