/** The management API without a running server: asked in this process, over the database opened for this command alone. */
import type { Config } from '../config.ts';
import { openLocalApp } from '../local-app.ts';
import type { Management } from './management.ts';

export async function openLocalServer(config: Config, progress: (line: string) => void): Promise<Management> {
  const { app, token, close } = await openLocalApp(config, progress);
  return {
    serverUrl: null,
    async call(method, path, body) {
      const response = await app.inject({
        method,
        url: `/_/api/v1${path}`,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      return { status: response.statusCode, body: response.body === '' ? null : response.json() };
    },
    close,
  };
}
