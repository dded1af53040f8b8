/** API keys of a workspace. */
import { z } from 'zod';
import { issueKey } from '../../operations/issue-key.ts';
import { listKeys } from '../../operations/list-keys.ts';
import { revokeKey } from '../../operations/revoke-key.ts';
import { issuedKey, keyList, keyParams } from './contract/keys.ts';
import { slugParam } from './contract/workspaces.ts';
import type { ManagementDeps } from './index.ts';
import { presentKey } from './present.ts';
import { answers, issueKeyBody, issueKeyInput } from './schemas.ts';
import type { TypedApp } from './typed-app.ts';

export function keyRoutes(app: TypedApp, deps: ManagementDeps): void {
  app.get(
    '/workspaces/:slug/keys',
    { schema: { summary: 'Its keys, without their secrets', params: slugParam, response: answers({ 200: keyList }) } },
    async (request) => ({ keys: (await listKeys(deps, request.params.slug)).map(presentKey) }),
  );

  app.post(
    '/workspaces/:slug/keys',
    {
      schema: {
        summary: 'Issue a key, or take in an existing one as "value"; the answer shows it, this once',
        params: slugParam,
        body: issueKeyBody,
        response: answers({ 201: issuedKey }),
      },
    },
    async (request, reply) => {
      const { key, value } = await issueKey(deps, request.params.slug, issueKeyInput(request.body));
      return reply.code(201).send({ ...presentKey(key), value });
    },
  );

  app.delete(
    '/workspaces/:slug/keys/:id',
    {
      schema: {
        summary: 'Revoke a key, at once and for good',
        params: keyParams,
        response: answers({ 204: z.undefined() }),
      },
    },
    async (request, reply) => {
      await revokeKey(deps, request.params.slug, request.params.id);
      return reply.code(204).send();
    },
  );
}
