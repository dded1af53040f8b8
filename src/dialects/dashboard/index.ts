/**
 * The management API under `/_/api`: what operators, the `brevet` commands and the dashboard ask for. Bearer token in,
 * JSON out, errors as problem details; described by itself at `/_/api/openapi.json`.
 */
import swagger from '@fastify/swagger';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Refused } from '../../domain/refusals.ts';
import type { Deps } from '../../operations/deps.ts';
import { problemsIn } from '../../operations/workspace-document/problems.ts';
import { workspaceDocument } from '../../operations/workspace-document.ts';
import { createTokenCheck } from './auth.ts';
import { problemType } from './contract/problem.ts';
import { mistakes, problemOf, refusalProblem, retryAfterSeconds } from './errors.ts';
import { installationRoutes } from './installation-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { workspaceRoutes } from './workspace-routes.ts';

export { problemOf } from './errors.ts';

export type ManagementDeps = Pick<Deps, 'storage' | 'roblox' | 'clock' | 'log'>;
export type ManagementOptions = {
  readonly deps: ManagementDeps;
  /** The bearer tokens that open it now; none = shut. */
  readonly tokens: () => readonly string[];
  readonly version: string;
};

/** To be registered with the prefix `/_/api`. */
export async function managementApi(app: FastifyInstance, { deps, tokens, version }: ManagementOptions): Promise<void> {
  app.addHook('onRequest', createTokenCheck(tokens, deps.clock));
  app.addHook('onSend', async (_request, reply) => void reply.header('Cache-Control', 'no-store'));
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? { value: parsed.data } : { error: parsed.error };
  });
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply, deps.log));

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Brevet management API', version },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(
    async (v1) => {
      const typed = v1.withTypeProvider<ZodTypeProvider>();
      installationRoutes(typed, deps, version);
      workspaceRoutes(typed, deps);
      keyRoutes(typed, deps);
    },
    { prefix: '/v1' },
  );
  app.get('/openapi.json', { schema: { hide: true }, serializerCompiler: () => JSON.stringify }, () => app.swagger());
}

function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply, log: Deps['log']): FastifyReply {
  const answer = problemFrom(error, request);
  if (answer.status >= 500 && !(error instanceof Refused)) {
    log.error({ err: error, requestId: request.id }, 'A request to the management API failed.');
  }
  const seconds = error instanceof Refused ? retryAfterSeconds(error.refusal) : null;
  if (seconds !== null) reply.header('Retry-After', seconds);
  return reply.code(answer.status).type(problemType).serializer(JSON.stringify).send(answer);
}

function problemFrom(error: FastifyError, request: FastifyRequest) {
  const { url } = request;
  if (error instanceof Refused) return refusalProblem(error.refusal, url);
  if (error instanceof z.ZodError) {
    const part = error.validationContext === 'querystring' ? request.query : request[error.validationContext ?? 'body'];
    const problems = problemsIn(error, part);
    const isDocument = request.routeOptions.schema?.body === workspaceDocument;
    return isDocument ? refusalProblem({ code: 'document.invalid', problems }, url) : mistakes(400, problems, url);
  }
  const status = error.statusCode ?? 500;
  return status < 500 ? problemOf(status, error.message, url) : problemOf(500, 'The log has the details.', url);
}
