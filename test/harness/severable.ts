/** A way to PostgreSQL that a test can cut and mend: a listener that passes bytes on while it is open. */
import { once } from 'node:events';
import net from 'node:net';
import pg from 'pg';

export type Severable = { readonly connectionString: string; cut(): Promise<void>; mend(): Promise<void> };

export async function severable(connectionString: string): Promise<Severable> {
  const { host, port, user, password, database } = new pg.Client({ connectionString });
  const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  const open = new Set<net.Socket>();
  let own = 0;
  let listener: net.Server | null = null;

  async function mend(): Promise<void> {
    listener = net.createServer((socket) => {
      const onward = net.connect(target as net.NetConnectOpts);
      for (const end of [socket, onward]) {
        open.add(end);
        end.on('error', () => {});
        end.on('close', () => open.delete(end));
      }
      socket.pipe(onward).pipe(socket);
    });
    listener.listen(own, '127.0.0.1');
    await once(listener, 'listening');
    own = (listener.address() as net.AddressInfo).port;
  }

  await mend();
  const login = `${encodeURIComponent(user ?? '')}${password ? `:${encodeURIComponent(password)}` : ''}`;
  return {
    connectionString: `postgres://${login}@127.0.0.1:${own}/${database}`,
    mend,
    async cut() {
      const closing = listener;
      listener = null;
      const closed = closing === null ? null : once(closing, 'close');
      closing?.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
