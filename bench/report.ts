/** The result as people read it: the table of design targets with what was measured, and what each layer costs. */
import type { LayerCosts } from './layers.ts';
import type { Outcome, Row } from './row.ts';

export type Result = {
  readonly at: string;
  readonly machine: {
    readonly node: string;
    readonly platform: string;
    readonly cores: number;
    readonly rounds: number;
  };
  readonly rows: readonly (Pick<Row, 'id' | 'measure' | 'target'> & Outcome)[];
  readonly layers: Readonly<Record<'getRank' | 'setRank', LayerCosts>> | null;
};

/** A Markdown table; its columns line up in a terminal too. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const asLine = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...rest] = lines;
  return [asLine(head), asLine(widths.map((width) => '-'.repeat(width))), ...rest.map(asLine)].join('\n');
}

function metInWords({ met, by }: Pick<Outcome, 'met' | 'by'>): string {
  if (met === 'yes') return 'yes';
  return met === 'no' ? `no: ${by}` : (by ?? 'not measured');
}

export function inWords({ rows, layers }: Result): string {
  const parts: string[] = [];
  if (rows.length > 0) {
    const head = ['measure', 'measured', 'target', 'met'];
    parts.push(table([head, ...rows.map((row) => [row.measure, row.measured, row.target, metInWords(row)])]));
  }
  if (layers !== null) {
    const line = (name: string, { totalMs, layers: ms }: LayerCosts) =>
      [name, ms.auth, ms.limits, ms.storage, ms.roblox, ms.rest, totalMs].map(String);
    const head = ['ms, median, one at a time', 'auth', 'limits', 'storage', 'Roblox', 'HTTP and the rest', 'whole'];
    parts.push(table([head, line('get-rank', layers.getRank), line('set-rank (cookie)', layers.setRank)]));
  }
  return `${parts.join('\n\n')}\n`;
}
