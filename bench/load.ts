/** The load: so many requests in flight until enough are done, over kept connections, as a game server has them. */
import { Pool } from 'undici';

export type Ask = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Load = {
  /** The next request, one for each call. */
  readonly ask: () => Ask;
  readonly inFlight: number;
  /** Stops asking when so many were begun, or when so much time has passed. */
  readonly requests?: number;
  readonly forMs?: number;
  /** Answers that are no failure; 200 alone when absent. */
  readonly accepts?: (status: number) => boolean;
};

export type Loaded = { readonly done: number; readonly elapsedMs: number; readonly perSecond: number };

/** Throws when a request is answered with anything but success: a figure with errors in it means nothing. */
export class Client {
  readonly #pool: Pool;

  constructor(url: string, connections = 64) {
    this.#pool = new Pool(url, { connections, pipelining: 1 });
  }

  async ask({ method, path, headers, body }: Ask): Promise<{ status: number; text: string; tookMs: number }> {
    const startedMs = performance.now();
    const answer = await this.#pool.request({ method, path, headers, body: body ?? null });
    const text = await answer.body.text();
    return { status: answer.statusCode, text, tookMs: performance.now() - startedMs };
  }

  async expect(ask: Ask): Promise<{ text: string; tookMs: number }> {
    const answer = await this.ask(ask);
    if (answer.status !== 200)
      throw new Error(`${ask.method} ${ask.path} was answered ${answer.status}: ${answer.text}`);
    return answer;
  }

  async run({ ask, inFlight, requests, forMs, accepts }: Load): Promise<Loaded> {
    const startedMs = performance.now();
    let begun = 0;
    let done = 0;
    const isOver = () =>
      (requests !== undefined && begun >= requests) || (forMs !== undefined && performance.now() - startedMs >= forMs);
    const worker = async () => {
      while (!isOver()) {
        begun += 1;
        const next = ask();
        if (accepts === undefined) await this.expect(next);
        else {
          const { status, text } = await this.ask(next);
          if (!accepts(status)) throw new Error(`${next.method} ${next.path} was answered ${status}: ${text}`);
        }
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    const elapsedMs = performance.now() - startedMs;
    return { done, elapsedMs, perSecond: (done / elapsedMs) * 1000 };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
