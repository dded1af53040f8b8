/** The control routes under `/_emulator/`: look into the emulator, and tell it what to do next. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { faultSchema } from './faults.ts';
import { inWords, issuesInWords } from './place-and-remedy.ts';
import { routes } from './routes.ts';
import { behaviourSchema, defined, limitsSchema, SeedError } from './seed.ts';
import { seedOf } from './seed-world.ts';
import type { Stage } from './stage.ts';
import { defaultBehaviour, defaultLimits } from './world.ts';

const clockSchema = z.strictObject({
  advanceSeconds: z.number().optional(),
  now: z.iso.datetime({ offset: true, error: 'A moment is written like "2026-01-31T12:00:00Z".' }).optional(),
  isStopped: z.boolean().optional(),
});

class Malformed extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

function parsed<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body, inWords);
  if (!result.success) throw new Malformed(issuesInWords(result.error));
  return result.data;
}

function jsonOf(body: unknown): unknown {
  const text = typeof body === 'string' ? body : '';
  if (text === '') throw new Malformed(['the whole document: the body is empty. Send JSON.']);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Malformed([`the whole document: this is not JSON (${error instanceof Error ? error.message : error}).`]);
  }
}

export async function controlRoutes(app: FastifyInstance, { stage }: { stage: Stage }): Promise<void> {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Malformed || error instanceof SeedError) return refuse(reply, error.problems);
    throw error;
  });

  app.get('/', () => ({
    what: 'An emulator of the Roblox web APIs for groups. Paths start with the host: /groups.roblox.com/v1/groups/7001',
    groups: [...stage.world.groups.values()].map(({ id, name }) => ({ id, name })),
    control: ['state', 'requests', 'faults', 'clock', 'limits', 'behaviour'].map((name) => `/_emulator/${name}`),
    endpoints: routes.map(({ name, method, host, path }) => ({ name, method, url: `/${host}${path}` })),
  }));

  app.get('/state', () => seedOf(stage.world));
  app.put('/state', (request) => {
    stage.load(jsonOf(request.body));
    return seedOf(stage.world);
  });

  app.get<{ Querystring: { endpoint?: string } }>('/requests', ({ query }) => ({
    requests: stage.requests
      .list()
      .filter((record) => query.endpoint === undefined || record.endpoint === query.endpoint),
  }));
  app.delete('/requests', (_request, reply) => {
    stage.requests.clear();
    return reply.code(204).send();
  });

  app.get('/faults', () => ({ faults: stage.faults.list() }));
  app.post('/faults', (request, reply) => {
    const body = jsonOf(request.body);
    // All are read before the first is set: a list with a mistake in it changes nothing.
    const faults = Array.isArray(body) ? parsed(z.array(faultSchema), body) : [parsed(faultSchema, body)];
    return reply.code(201).send({ faults: faults.map((fault) => stage.faults.add(fault)) });
  });
  app.delete('/faults', (_request, reply) => {
    stage.faults.clear();
    return reply.code(204).send();
  });
  app.delete<{ Params: { id: string } }>('/faults/:id', ({ params }, reply) => {
    if (stage.faults.remove(Number(params.id))) return reply.code(204).send();
    return reply.code(404).send({ error: `There is no fault ${params.id}. GET /_emulator/faults lists them.` });
  });

  const clockNow = () => ({ now: stage.clock.now(), isStopped: stage.clock.isStopped });
  app.get('/clock', clockNow);
  app.post('/clock', (request) => {
    const { advanceSeconds, now, isStopped } = parsed(clockSchema, jsonOf(request.body));
    if (isStopped === true) stage.clock.stop();
    if (isStopped === false) stage.clock.resume();
    if (now !== undefined) stage.clock.set(new Date(now));
    if (advanceSeconds !== undefined) stage.clock.advance(advanceSeconds * 1000);
    return clockNow();
  });
  app.delete('/clock', () => {
    stage.clock.reset();
    return clockNow();
  });

  app.get('/limits', () => stage.world.limits);
  app.post('/limits', (request) => {
    const changes = defined(parsed(limitsSchema.partial(), jsonOf(request.body)));
    stage.world.limits = { ...stage.world.limits, ...changes };
    return stage.world.limits;
  });
  app.delete('/limits', () => {
    stage.world.limits = { ...defaultLimits };
    stage.limits.refill();
    return stage.world.limits;
  });

  app.get('/behaviour', () => stage.world.behaviour);
  app.post('/behaviour', (request) => {
    const changes = defined(parsed(behaviourSchema.partial(), jsonOf(request.body)));
    stage.world.behaviour = { ...stage.world.behaviour, ...changes };
    return stage.world.behaviour;
  });
  app.delete('/behaviour', () => {
    stage.world.behaviour = { ...defaultBehaviour };
    return stage.world.behaviour;
  });
}

const refuse = (reply: FastifyReply, problems: readonly string[]) =>
  reply.code(400).send({ error: problems.join('\n'), problems });
