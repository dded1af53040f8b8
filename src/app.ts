/**
 * The Fastify app: which dialect hangs under which path, and what no dialect answers: a route miss, a wrong method, a URL
 * that cannot be read (api-contracts.md 1.4, 2.1).
 */
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { managementApi, problemOf } from './dialects/dashboard/index.ts';
import { badRequest, internalError, weskBody } from './dialects/wesk/errors.ts';
import { weskDialect } from './dialects/wesk/index.ts';
import { bodyLimitBytes, readJsonBodies } from './json-body.ts';
import type { Deps } from './operations/deps.ts';
import { statusPage } from './status-page.ts';

export type AppParts = {
  readonly config: Config;
  readonly deps: Deps;
  readonly log: Logger;
  /** Bearer tokens that open the management API now. */
  readonly managementTokens: () => readonly string[];
  /** Why the process is not ready to serve, or null. */
  readonly notReady: () => Promise<string | null>;
  readonly version: string;
};

type Miss = { readonly status: 400 | 404 | 405 | 414 | 500; readonly message: string };
type Shape = (miss: Miss, url: string) => { readonly body: object; readonly type: string };

const json = 'application/json; charset=utf-8';
const weskCodes = {
  400: badRequest('').code,
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  414: badRequest('').code,
  500: internalError.code,
};
const plainCodes = { ...weskCodes, 500: 'INTERNAL_ERROR' };
const weskShape: Shape = ({ status, message }) => ({
  body: weskBody({ code: weskCodes[status], message }),
  type: json,
});
const plainShape: Shape = ({ status, message }) => ({
  body: { success: false, error: message, code: plainCodes[status] },
  type: json,
});
const problemShape: Shape = ({ status, message }, url) => ({
  body: problemOf(status, message, url),
  type: 'application/problem+json; charset=utf-8',
});

/** The dialects' prefixes answer in their own shape even where no route of theirs is met. */
const shapes: readonly (readonly [prefix: string, shape: Shape])[] = [
  ['/v1', weskShape],
  ['/_', problemShape],
  ['/', plainShape],
];

function shapeOf(url: string): Shape {
  const path = (url.split('?')[0] ?? '').toLowerCase();
  return shapes.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1] ?? plainShape;
}

function sendMiss(reply: FastifyReply, url: string, miss: Miss): FastifyReply {
  const { body, type } = shapeOf(url)(miss, url);
  return reply.code(miss.status).type(type).send(body);
}

const allMethods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Every other method on a known path: 405 with `Allow`. To be called when all routes stand. */
function refuseOtherMethods(app: FastifyInstance, methodsByUrl: ReadonlyMap<string, Set<string>>): void {
  for (const [url, methods] of methodsByUrl) {
    const others = allMethods.filter((method) => !methods.has(method));
    app.route({
      method: others,
      url,
      handler: (request, reply) =>
        sendMiss(reply.header('Allow', [...methods].join(', ')), request.url, {
          status: 405,
          message: 'Method not allowed',
        }),
    });
  }
}

export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, deps, log } = parts;
  const hops = config.trustProxy;
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: typeof hops === 'number' ? (_address: string, hop: number) => hop < hops : hops,
    bodyLimit: bodyLimitBytes,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 200 },
    // what is answered while closing is answered by the dialects, in their shape
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendMiss(reply, request.raw.url ?? '/', {
        status: error.statusCode === 414 ? 414 : 400,
        message: 'The address of the request is malformed.',
      }),
  });
  readJsonBodies(app, { keepArraysUnder: '/_/' });

  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', (route) => {
    const methods = methodsByUrl.get(route.url) ?? new Set<string>();
    for (const method of [route.method].flat()) methods.add(method);
    methodsByUrl.set(route.url, methods);
  });
  app.setNotFoundHandler((request, reply) => {
    const message = shapeOf(request.url) === weskShape ? 'No such endpoint.' : 'Not found';
    return sendMiss(reply, request.url, { status: 404, message });
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isMistake = error.statusCode !== undefined && error.statusCode < 500;
    if (!isMistake) log.error({ err: error, requestId: request.id }, 'A request failed.');
    return sendMiss(
      reply,
      request.url,
      isMistake ? { status: 400, message: error.message } : { status: 500, message: 'Internal error' },
    );
  });

  app.get('/healthz', async () => ({ status: 'ok', version: parts.version }));
  app.get('/readyz', async (_request, reply) => {
    const reason = await parts.notReady();
    return reason === null
      ? { status: 'ready' }
      : reply.code(503).header('Retry-After', '5').send({ status: 'not ready', reason });
  });
  app.get('/', async (request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .headers({
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
      .send(statusPage(config, `${request.protocol}://${request.host}`)),
  );

  if (config.roles.has('api')) {
    await app.register((scope) => weskDialect(scope, deps), { prefix: '/v1' });
    await app.register(managementApi, {
      prefix: '/_/api',
      deps,
      tokens: parts.managementTokens,
      version: parts.version,
    });
  }
  refuseOtherMethods(app, new Map([...methodsByUrl].map(([url, methods]) => [url, new Set(methods)])));
  return app;
}
