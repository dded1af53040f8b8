import { afterEach, expect, test } from 'vitest';
import { createSender, type Request } from './send.ts';
import { closedAddress, type RawServer, startHttp, startProxy, startTcp } from './testing/raw-server.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});
function keep<Opened extends { close(): Promise<void> }>(each: Opened): Opened {
  opened.push(each);
  return each;
}
async function serve(starting: Promise<RawServer>): Promise<string> {
  return keep(await starting).url;
}

function request(origin: string, changes: Partial<Request> = {}): Request {
  return { method: 'POST', origin, path: '/x', headers: {}, body: '{}', proxy: null, timeoutMs: 5_000, ...changes };
}

test('an answer comes with status, lower-case headers and its whole body', async () => {
  const url = await serve(
    startHttp((_incoming, outgoing) => {
      outgoing.writeHead(403, { 'X-CSRF-TOKEN': 'abc', 'Set-Cookie': ['a=1', 'b=2'] });
      outgoing.end('körper');
    }),
  );
  const exchange = await keep(createSender()).send(request(url));
  expect(exchange).toMatchObject({ kind: 'answered', status: 403, body: 'körper', isWhole: true });
  expect(exchange).toMatchObject({ headers: { 'x-csrf-token': 'abc', 'set-cookie': ['a=1', 'b=2'] } });
});

test('a body is sent with its length, also with DELETE', async () => {
  const seen: unknown[] = [];
  const url = await serve(
    startHttp((incoming, outgoing) => {
      seen.push([incoming.method, incoming.headers['content-length'], incoming.headers['transfer-encoding']]);
      outgoing.end('{}');
    }),
  );
  const sender = keep(createSender());
  for (const method of ['POST', 'PATCH', 'DELETE']) await sender.send(request(url, { method }));
  expect(seen).toEqual([
    ['POST', '2', undefined],
    ['PATCH', '2', undefined],
    ['DELETE', '2', undefined],
  ]);
});

test('a redirect is an answer and is not followed', async () => {
  let calls = 0;
  const url = await serve(
    startHttp((_incoming, outgoing) => {
      calls++;
      outgoing.writeHead(302, { location: '/elsewhere' }).end();
    }),
  );
  expect(await keep(createSender()).send(request(url))).toMatchObject({ status: 302 });
  expect(calls).toBe(1);
});

test('a refused connection means that nothing was sent', async () => {
  let sent = 0;
  const exchange = await keep(createSender()).send(request(await closedAddress(), { onSent: () => sent++ }));
  expect(exchange).toEqual({ kind: 'failed', wasSent: false, reason: 'ECONNREFUSED' });
  expect(sent).toBe(0);
});

test('an unknown host means that nothing was sent', async () => {
  const exchange = await keep(createSender()).send(request('http://nobody.invalid'));
  expect(exchange).toMatchObject({ kind: 'failed', wasSent: false });
});

test('a connection reset after the request means that it may have arrived', async () => {
  let sent = 0;
  const url = await serve(startTcp((socket) => socket.resetAndDestroy()));
  const exchange = await keep(createSender()).send(request(url, { onSent: () => sent++ }));
  expect(exchange).toMatchObject({ kind: 'failed', wasSent: true });
  expect(sent).toBe(1);
});

test('a connection closed without a word means that it may have arrived', async () => {
  const url = await serve(startTcp((socket) => socket.end()));
  expect(await keep(createSender()).send(request(url))).toMatchObject({ kind: 'failed', wasSent: true });
});

test('something that is not HTTP means that it may have arrived', async () => {
  const url = await serve(startTcp((socket) => socket.end('SMTP ready\r\n\r\n')));
  expect(await keep(createSender()).send(request(url))).toMatchObject({ kind: 'failed', wasSent: true });
});

test('silence ends with the time-out, and the request may have arrived', async () => {
  const url = await serve(startTcp(() => {}));
  const exchange = await keep(createSender()).send(request(url, { timeoutMs: 400 }));
  expect(exchange).toEqual({ kind: 'failed', wasSent: true, reason: 'time-out' });
});

test('an answer broken off inside its body keeps its status', async () => {
  const url = await serve(
    startTcp((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a', () => socket.resetAndDestroy()),
    ),
  );
  const exchange = await keep(createSender()).send(request(url));
  expect(exchange).toMatchObject({ kind: 'answered', status: 200, isWhole: false });
});

test('an answer that never ends is cut at the time-out', async () => {
  const url = await serve(startTcp((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a')));
  const exchange = await keep(createSender()).send(request(url, { timeoutMs: 400 }));
  expect(exchange).toMatchObject({ kind: 'answered', status: 200, body: '{"a', isWhole: false });
});

test('an answer without bounds is cut', async () => {
  const url = await serve(
    startHttp((_incoming, outgoing) => {
      const more = () => {
        while (!outgoing.destroyed && outgoing.write('x'.repeat(65_536)));
      };
      outgoing.on('drain', more);
      more();
    }),
  );
  const exchange = await keep(createSender()).send(request(url));
  expect(exchange).toMatchObject({ kind: 'answered', isWhole: false });
  expect(exchange.kind === 'answered' && exchange.body.length).toBeLessThanOrEqual(4 * 1024 * 1024);
});

test('a header that cannot be sent is a failure before sending, without its value', async () => {
  const url = await serve(startHttp((_incoming, outgoing) => outgoing.end()));
  const exchange = await keep(createSender()).send(request(url, { headers: { cookie: 'secret\nvalue' } }));
  expect(exchange).toMatchObject({ kind: 'failed', wasSent: false });
  expect(JSON.stringify(exchange)).not.toContain('secret');
});

test('connections are used again', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve(
    startHttp((incoming, outgoing) => {
      ports.add(incoming.socket.remotePort);
      outgoing.end('{}');
    }),
  );
  const sender = keep(createSender());
  for (let index = 0; index < 10; index++) await sender.send(request(url));
  // The first may not be free yet in the very moment its answer is handed over.
  expect(ports.size).toBeLessThanOrEqual(2);
});

test('with a proxy the call goes through it, with the name and password of its address', async () => {
  const proxy = keep(await startProxy());
  const url = await serve(startHttp((incoming, outgoing) => outgoing.end(incoming.url)));
  const address = proxy.url.replace('http://', 'http://ann:p%40ss@');
  const exchange = await keep(createSender()).send(request(url, { proxy: address }));
  expect(exchange).toMatchObject({ kind: 'answered', status: 200, body: '/x' });
  const authorization = `Basic ${Buffer.from('ann:p@ss').toString('base64')}`;
  expect(proxy.seen).toEqual([{ target: new URL(url).host, authorization }]);
});

test('a proxy that is not there, or says no, means that nothing was sent, and its password stays unsaid', async () => {
  const refusing = keep(await startProxy(407));
  const sender = keep(createSender());
  for (const proxy of [await closedAddress(), refusing.url]) {
    const address = proxy.replace('http://', 'http://ann:secret@');
    const exchange = await sender.send(request('http://127.0.0.1:9', { proxy: address }));
    expect(exchange).toMatchObject({ kind: 'failed', wasSent: false });
    expect(JSON.stringify(exchange)).not.toContain('secret');
  }
});

test('what ran out of time while it waited for a connection is not sent when the connection comes after all', async () => {
  const heard: string[] = [];
  const connects: (() => Promise<void>)[] = [];
  const slowProxy = await serve(
    startTcp((socket) => {
      connects.push(
        () =>
          new Promise((closed) => {
            socket.on('data', (bytes) => heard.push(bytes.toString()));
            socket.on('close', () => closed());
            socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          }),
      );
    }),
  );
  let sent = 0;
  const sender = keep(createSender());
  const exchange = await sender.send(
    request('http://127.0.0.1:9', { proxy: slowProxy, timeoutMs: 400, onSent: () => sent++ }),
  );
  expect(exchange).toEqual({ kind: 'failed', wasSent: false, reason: 'time-out' });
  await expect.poll(() => connects.length).toBe(1);
  await Promise.all(connects.map((connect) => connect()));
  expect([heard, sent]).toEqual([[], 0]);
});
