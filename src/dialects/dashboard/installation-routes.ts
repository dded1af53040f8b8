/** The installation as a whole: its status, and the checks behind `brevet doctor`. */
import { checkInstallation } from '../../operations/check-installation.ts';
import { readStatus } from '../../operations/read-status.ts';
import { checksAnswer, statusAnswer } from './contract/installation.ts';
import type { ManagementDeps } from './index.ts';
import { presentStatus } from './present.ts';
import { answers } from './schemas.ts';
import type { TypedApp } from './typed-app.ts';

export function installationRoutes(app: TypedApp, deps: ManagementDeps, version: string): void {
  const startedMs = deps.clock.monotonicMs();

  app.get(
    '/status',
    { schema: { summary: 'How the installation is', response: answers({ 200: statusAnswer }) } },
    async () =>
      presentStatus(await readStatus(deps), version, Math.floor((deps.clock.monotonicMs() - startedMs) / 1000)),
  );

  app.get(
    '/checks',
    {
      schema: {
        summary: 'Look the installation over: database, clock, and every credential, asked at Roblox',
        response: answers({ 200: checksAnswer }),
      },
    },
    async () => ({ checks: [...(await checkInstallation(deps))] }),
  );
}
