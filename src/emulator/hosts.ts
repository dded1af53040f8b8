/** Which host is meant: the first segment of the path, or the `Host` header of a client that was pointed here by DNS. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { routes } from './routes.ts';
import type { Stage } from './stage.ts';

const hosts = new Set(routes.map((route) => route.host));

/** Puts the host into the path where only the header names it. */
export function withHostInPath(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const named = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (!hosts.has(named) || hosts.has(url.split('/')[1] ?? '') || url.startsWith('/_emulator')) return url;
  return `/${named}${url}`;
}

/** A path nobody plays: Roblox's own 404 under its hosts, an explanation elsewhere. */
export function notPlayed(stage: Stage): (request: FastifyRequest, reply: FastifyReply) => unknown {
  return (request, reply) => {
    const [, host = '', ...rest] = (request.url.split('?')[0] ?? '').split('/');
    const path = `/${rest.join('/')}`;
    if (!hosts.has(host)) {
      const error = `Nothing is played at ${request.url}. Paths start with a host, e.g. /groups.roblox.com/v1/groups/7001; GET /_emulator/ lists them all.`;
      return reply.code(404).send({ error });
    }
    const record = stage.requests.begin({
      endpoint: null,
      method: request.method,
      host,
      path,
      query: request.url.split('?')[1] ?? '',
      time: stage.clock.now(),
      caller: null,
      body: undefined,
    });
    record.status = 404;
    const isV2 = path.startsWith('/cloud/v2/');
    return reply
      .code(404)
      .send(isV2 ? { code: 'NOT_FOUND', message: 'Not found.' } : { errors: [{ code: 0, message: 'NotFound' }] });
  };
}
