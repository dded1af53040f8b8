/** The WESK dialect, under `/v1`: set rank, promote, demote, get rank. Its contract for clients: README.md. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { refusalOf } from '../../domain/action.ts';
import { Refused } from '../../domain/refusals.ts';
import { type ChangeRankInput, changeRank } from '../../operations/change-rank.ts';
import type { Deps } from '../../operations/deps.ts';
import { getRank } from '../../operations/get-rank.ts';
import type { ActionAnswer } from '../../operations/run-action.ts';
import { admit, callerOf } from './auth.ts';
import { badRequest, internalError, type WeskError, weskBody, weskError } from './errors.ts';
import { fingerprintOf } from './fingerprint.ts';
import { presentRank, presentReading } from './present.ts';
import { groupParams, idempotencyKey, memberParams, rankBody, stepBody } from './schemas.ts';

/** A `BodyError`, which the one body parser throws. */
type StatusError = Error & { readonly statusCode?: number };

export async function weskDialect(app: FastifyInstance, deps: Deps): Promise<void> {
  app.setErrorHandler((error: StatusError, request, reply) => sendError(reply, errorFrom(error, request, deps)));

  app.post('/groups/:groupId/rank', { onRequest: admit(deps, 'rank', groupParams) }, async (request, reply) => {
    const { robloxUserId, rankId } = rankBody.parse(request.body ?? {});
    return answer(
      reply,
      await change(request, reply, { userId: robloxUserId, requested: { kind: 'exact', rank: rankId } }),
    );
  });

  for (const direction of ['promote', 'demote'] as const) {
    app.post(
      `/groups/:groupId/${direction}`,
      { onRequest: admit(deps, direction, groupParams) },
      async (request, reply) => {
        const { robloxUserId } = stepBody.parse(request.body ?? {});
        return answer(
          reply,
          await change(request, reply, { userId: robloxUserId, requested: { kind: 'rule', direction } }),
        );
      },
    );
  }

  app.get('/groups/:groupId/rank/:robloxUserId', { onRequest: admit(deps, 'read', memberParams) }, async (request) => {
    const { groupId, robloxUserId } = memberParams.parse(request.params);
    return presentReading(robloxUserId, await getRank(deps, callerOf(request), { groupId, userId: robloxUserId }));
  });

  function change(
    request: FastifyRequest,
    reply: FastifyReply,
    wanted: Pick<ChangeRankInput, 'userId' | 'requested'>,
  ): Promise<ActionAnswer> {
    const { groupId } = groupParams.parse(request.params);
    const header = request.headers['idempotency-key'];
    const idempotency =
      header === undefined
        ? null
        : {
            key: idempotencyKey.parse(header),
            fingerprint: fingerprintOf(request.method, request.url.split('?')[0] ?? '', request.body ?? {}),
          };
    return changeRank(deps, callerOf(request), { groupId, ...wanted, idempotency, signal: goneSignal(reply) });
  }
}

/** Aborts when the client hangs up before it was answered. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}

/** A stored verdict is repeated as it was, errors too (3.7). */
function answer(reply: FastifyReply, { action, isReplay }: ActionAnswer): FastifyReply {
  if (isReplay) reply.header('Idempotency-Replayed', 'true');
  const refusal = refusalOf(action);
  return refusal === null ? reply.send(presentRank(action)) : sendError(reply, weskError(refusal));
}

function sendError(reply: FastifyReply, error: WeskError): FastifyReply {
  if (error.retryAfterSeconds !== undefined) reply.header('Retry-After', String(error.retryAfterSeconds));
  return reply.code(error.status).send(weskBody(error));
}

function errorFrom(error: StatusError, request: FastifyRequest, deps: Pick<Deps, 'log'>): WeskError {
  if (error instanceof Refused) return weskError(error.refusal);
  if (error instanceof z.ZodError) return badRequest(error.issues[0]?.message ?? 'The request is malformed.');
  if (error.statusCode === 413) return { status: 413, code: 'PAYLOAD_TOO_LARGE', message: error.message };
  if (error.statusCode !== undefined && error.statusCode < 500) return badRequest(error.message);
  deps.log.error({ err: error, requestId: request.id }, 'A request failed.');
  return internalError;
}
