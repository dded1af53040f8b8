/**
 * One HTTP exchange, nothing more: no retries, no redirects, no meaning. What makes it special is that a failure says
 * whether the request can have left this machine, because a write that may have arrived is never repeated blindly.
 */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/** As undici hands them over: names in lower case whatever the server sent. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export type Request = {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly proxy: string | null;
  /** From now until the last byte of the answer, connecting included. */
  readonly timeoutMs: number;
  /** Called when the first byte is about to be written to a connected socket. */
  readonly onSent?: (() => void) | undefined;
};

export type Answered = {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: string;
  /** False when the connection broke, or time ran out, inside the body. */
  readonly isWhole: boolean;
};

type Exchange =
  | Answered
  /** `wasSent` false: the request certainly never left. `reason` is a code or a few words, without addresses or secrets. */
  | { readonly kind: 'failed'; readonly wasSent: boolean; readonly reason: string };

export type Sender = {
  /** Never rejects. */
  send(request: Request): Promise<Exchange>;
  close(): Promise<void>;
};

/** A page of 100 groups is some 60 kB; anything this big is not an answer of Roblox. */
const bodyBytesMax = 4 * 1024 * 1024;

const connections = {
  connections: 64,
  // Long enough to keep a busy account's connection warm, short of the idle limits usual in front of web services: a
  // connection that the other side closes under a write costs that write its certainty.
  keepAliveTimeout: 15_000,
  keepAliveMaxTimeout: 60_000,
};

export function createSender(): Sender {
  const direct = new Agent(connections);
  const proxies = new Map<string, ProxyAgent>();

  function dispatcherFor(proxy: string | null): Dispatcher {
    if (proxy === null) return direct;
    let agent = proxies.get(proxy);
    if (agent === undefined) {
      agent = new ProxyAgent({ uri: proxy, ...connections });
      proxies.set(proxy, agent);
    }
    return agent;
  }

  function send(request: Request): Promise<Exchange> {
    return new Promise((resolve) => {
      let controller: Dispatcher.DispatchController | null = null;
      let wasSent = false;
      let head: { status: number; headers: AnswerHeaders } | null = null;
      let isSettled = false;
      const chunks: Buffer[] = [];
      let bytes = 0;

      const settle = (exchange: Exchange) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        resolve(exchange);
      };
      const answered = (isWhole: boolean) => {
        if (head !== null) {
          settle({ kind: 'answered', ...head, body: Buffer.concat(chunks).toString('utf8'), isWhole });
        }
      };
      /** What has been heard so far is the result, and the connection is not used again. */
      const giveUp = (reason: string) => {
        if (head === null) settle({ kind: 'failed', wasSent, reason });
        else answered(false);
        controller?.abort(new Error(reason));
      };
      const timer = setTimeout(() => giveUp('time-out'), request.timeoutMs);

      const handler: Dispatcher.DispatchHandler = {
        onRequestStart(begun) {
          // Time ran out while it waited for a connection: it was reported as never sent, so it must not be.
          if (isSettled) {
            begun.abort(new Error('given up'));
            return;
          }
          controller = begun;
          wasSent = true;
          request.onSent?.();
        },
        onResponseStart(_controller, status, headers) {
          if (status >= 200) head = { status, headers };
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length;
          if (bytes > bodyBytesMax) giveUp('answer too large');
          else chunks.push(chunk);
        },
        onResponseEnd() {
          answered(true);
        },
        onResponseError(_controller, error) {
          if (head === null) settle({ kind: 'failed', wasSent, reason: reasonOf(error) });
          else answered(false);
        },
      };

      try {
        dispatcherFor(request.proxy).dispatch(
          {
            origin: request.origin,
            path: request.path,
            method: request.method,
            headers: request.headers,
            body: request.body,
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          handler,
        );
      } catch (error) {
        settle({ kind: 'failed', wasSent, reason: reasonOf(error) });
      }
    });
  }

  async function close(): Promise<void> {
    await Promise.all([direct, ...proxies.values()].map((agent) => agent.destroy()));
  }

  return { send, close };
}

/** Only the code: messages of proxy and TLS errors may hold addresses and names. */
function reasonOf(error: unknown): string {
  if (error instanceof Error) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    return error.name;
  }
  return 'unknown';
}
