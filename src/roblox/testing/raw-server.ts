/** Servers that misbehave below HTTP, for tests of what a client may conclude from it. */
import { createServer as createHttpServer, request as httpRequest, type RequestListener } from 'node:http';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

export type RawServer = { readonly url: string; close(): Promise<void> };

async function listening(server: Server, sockets: Set<Socket>): Promise<RawServer> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export function startHttp(listener: RequestListener): Promise<RawServer> {
  return listening(createHttpServer(listener), new Set());
}

/** `onRequest` sees the socket once the first bytes of a request are there. */
export function startTcp(onRequest: (socket: Socket, bytes: string) => void): Promise<RawServer> {
  return listening(
    createTcpServer((socket) => socket.once('data', (data) => onRequest(socket, data.toString()))),
    new Set(),
  );
}

/** An address nobody listens at. */
export async function closedAddress(): Promise<string> {
  const server = await startTcp(() => {});
  await server.close();
  return server.url;
}

export type Proxy = RawServer & {
  /** Where it was asked to connect to, and with which `proxy-authorization`. */
  readonly seen: { readonly target: string; readonly authorization: string | null }[];
};

/** A proxy that tunnels (CONNECT) and forwards. `refuses`: the status with which it turns everybody away. */
export async function startProxy(refuses: number | null = null): Promise<Proxy> {
  const seen: Proxy['seen'][number][] = [];
  const sockets = new Set<Socket>();
  const server = createHttpServer((incoming, outgoing) => {
    seen.push({ target: incoming.url ?? '', authorization: incoming.headers['proxy-authorization'] ?? null });
    const forwarded = httpRequest(
      incoming.url ?? '',
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(forwarded);
  });
  server.on('connect', (incoming, socket: Socket) => {
    seen.push({ target: incoming.url ?? '', authorization: incoming.headers['proxy-authorization'] ?? null });
    if (refuses !== null) {
      socket.end(`HTTP/1.1 ${refuses} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = (incoming.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  return { ...(await listening(server, sockets)), seen };
}
