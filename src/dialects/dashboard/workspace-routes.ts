/** Workspaces and their documents. */
import { applyDocument } from '../../operations/apply-document.ts';
import { listWorkspaces } from '../../operations/list-workspaces.ts';
import { readDocument } from '../../operations/read-document.ts';
import { refuseOtherSlug, workspaceDocument } from '../../operations/workspace-document.ts';
import { applyQuery, applyReport, slugParam, workspaceList } from './contract/workspaces.ts';
import type { ManagementDeps } from './index.ts';
import { presentWorkspace } from './present.ts';
import { answers } from './schemas.ts';
import type { TypedApp } from './typed-app.ts';

const documentBytesMax = 16 * 1024 * 1024;

export function workspaceRoutes(app: TypedApp, deps: ManagementDeps): void {
  app.get(
    '/workspaces',
    { schema: { summary: 'All workspaces', response: answers({ 200: workspaceList }) } },
    async () => ({ workspaces: (await listWorkspaces(deps)).map(presentWorkspace) }),
  );

  app.get(
    '/workspaces/:slug/document',
    {
      schema: {
        summary: 'A workspace as a document, without its secrets',
        params: slugParam,
        response: answers({ 200: workspaceDocument }),
      },
    },
    (request) => readDocument(deps, request.params.slug),
  );

  app.put(
    '/workspaces/:slug/document',
    {
      bodyLimit: documentBytesMax,
      schema: {
        summary: 'Make a workspace what the document says, all of it or nothing',
        params: slugParam,
        querystring: applyQuery,
        body: workspaceDocument,
        response: answers({ 200: applyReport }),
      },
    },
    (request) => {
      refuseOtherSlug(request.body, request.params.slug);
      return applyDocument(deps, request.body, { dryRun: request.query.dryRun === 'true' });
    },
  );
}
