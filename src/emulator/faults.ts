/**
 * What is to go wrong, and for which calls. A fault is posted as data, waits for calls that match it, and happens to as
 * many of them as it says.
 */
import { z } from 'zod';
import { isRouteName, type Route } from './routes.ts';

const drop = z.enum(['reset', 'hang']).default('reset');

const match = {
  /** A name of `roblox/endpoints.ts` or of `routes.ts`. */
  endpoint: z
    .string()
    .refine(isRouteName, { error: (issue) => `There is no endpoint "${issue.input}". GET /_emulator/ lists them.` })
    .optional(),
  method: z.enum(['GET', 'POST', 'PATCH', 'DELETE']).optional(),
  /** Path without host, `*` for any run of characters; with a `?` in it the query (decoded) is compared too. */
  path: z
    .string()
    .startsWith('/', 'A path starts with "/" and leaves out the host, e.g. "/v1/groups/7001/*".')
    .optional(),
  host: z.string().optional(),
  /** How many matching calls it happens to; null: every one until it is deleted. */
  times: z.int().min(1).nullable().default(1),
  /** How many matching calls go by unharmed first. */
  skip: z.int().min(0).default(0),
};

export const faultSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      ...match,
      kind: z.literal('status'),
      status: z.int().min(200).max(599),
      body: z.unknown().optional(),
      headers: z
        .record(
          z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'No header has such a name.'),
          z.string().regex(/^[\t\x20-\x7e]*$/, 'A header value is plain text.'),
        )
        .default({}),
      retryAfterSeconds: z.number().min(0).optional(),
      retryAfterForm: z.enum(['seconds', 'date']).default('seconds'),
      /** True: the write is applied all the same. */
      applied: z.boolean().default(false),
    }),
    z.strictObject({ ...match, kind: z.literal('latency'), ms: z.int().min(0) }),
    z.strictObject({ ...match, kind: z.literal('reset') }),
    z.strictObject({ ...match, kind: z.literal('hang') }),
    z.strictObject({ ...match, kind: z.literal('applyThenDrop'), drop }),
    z.strictObject({ ...match, kind: z.literal('appliedLate'), seconds: z.number().positive(), drop }),
    z.strictObject({ ...match, kind: z.literal('staleReads'), seconds: z.number().positive() }),
    z.strictObject({ ...match, kind: z.literal('html'), status: z.int().min(200).max(599).default(503) }),
    z.strictObject({ ...match, kind: z.literal('empty'), status: z.int().min(200).max(599).default(503) }),
    z.strictObject({ ...match, kind: z.literal('challenge'), type: z.string().default('captcha') }),
    z.strictObject({ ...match, kind: z.literal('csrfRotation') }),
    z.strictObject({ ...match, kind: z.literal('cookieExpiry') }),
    z.strictObject({ ...match, kind: z.literal('cookieRotation') }),
    z.strictObject({
      ...match,
      kind: z.literal('headerCase'),
      case: z.enum(['lower', 'upper', 'title', 'mixed']).default('upper'),
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'A fault is one of: status, latency, reset, hang, applyThenDrop, appliedLate, staleReads, html, empty, challenge, csrfRotation, cookieExpiry, cookieRotation, headerCase.'
        : undefined,
  },
);

export type FaultInput = z.input<typeof faultSchema>;
export type Fault = z.output<typeof faultSchema> & { readonly id: number; matched: number; happened: number };

/** Faults that only some calls can meet; other calls go by without using them up. */
const suits: Partial<Record<Fault['kind'], (route: Route) => boolean>> = {
  applyThenDrop: (route) => route.isWrite,
  appliedLate: (route) => route.isWrite,
  staleReads: (route) => !route.isWrite,
  challenge: (route) => route.credential === 'cookie',
  csrfRotation: (route) => route.credential === 'cookie' && route.isWrite,
  cookieExpiry: (route) => route.credential === 'cookie',
  cookieRotation: (route) => route.credential === 'cookie',
};

/** These change how a call goes and leave room for one fault that decides its answer. */
export const companions = new Set<Fault['kind']>(['latency', 'staleReads', 'headerCase']);

export class Faults {
  #faults: Fault[] = [];
  #lastId = 0;

  add(input: z.output<typeof faultSchema>): Fault {
    this.#lastId += 1;
    const fault: Fault = { ...input, id: this.#lastId, matched: 0, happened: 0 };
    this.#faults.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }

  remove(id: number): boolean {
    const before = this.#faults.length;
    this.#faults = this.#faults.filter((fault) => fault.id !== id);
    return this.#faults.length < before;
  }

  /** The call was refused before the fault could happen to it (CSRF, say): it waits for the next one. */
  giveBack(fault: Fault): void {
    fault.matched -= 1;
    fault.happened -= 1;
  }

  /** The faults that happen to this call, in the order they were posted; at most one of them decides the answer. */
  happenTo(route: Route, path: string, query: string): Fault[] {
    if (this.#faults.length === 0) return [];
    const happening: Fault[] = [];
    for (const fault of this.#faults) {
      const isSpent = fault.times !== null && fault.happened >= fault.times;
      if (isSpent || !matches(fault, route, path, query)) continue;
      const isTaken = !companions.has(fault.kind) && happening.some((other) => !companions.has(other.kind));
      if (isTaken) continue;
      fault.matched += 1;
      if (fault.matched <= fault.skip) continue;
      fault.happened += 1;
      happening.push(fault);
    }
    return happening;
  }
}

function matches(fault: Fault, route: Route, path: string, query: string): boolean {
  if (suits[fault.kind]?.(route) === false) return false;
  if (fault.endpoint !== undefined && fault.endpoint !== route.name) return false;
  if (fault.method !== undefined && fault.method !== route.method) return false;
  if (fault.host !== undefined && fault.host !== route.host) return false;
  if (fault.path === undefined) return true;
  return patternOf(fault.path).test(fault.path.includes('?') ? `${path}?${query}` : path);
}

function patternOf(path: string): RegExp {
  const escaped = path.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}
