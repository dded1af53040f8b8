/** An answer of Roblox, and the many shapes of its refusals (roblox-api.md 3.5 and 10.2). */

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; a string is sent as it is; undefined: no body. */
  readonly body: unknown;
};

export const ok = (body: unknown, headers: Answer['headers'] = {}): Answer => ({ status: 200, headers, body });

/** Thrown by whatever finds the reason; the answer is ready to be sent. Nothing has been changed by then. */
export class RefusedByRoblox extends Error {
  override readonly name = 'RefusedByRoblox';
  readonly answer: Answer;

  get isChallenge(): boolean {
    return 'rblx-challenge-id' in this.answer.headers;
  }

  constructor(status: number, body: unknown, headers: Answer['headers'] = {}) {
    super(`answered with ${status}`);
    this.answer = { status, headers, body };
  }
}

const cloudStatuses = {
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;

/** Open Cloud v2: a word and a sentence. */
export function cloudRefusal(code: keyof typeof cloudStatuses, message: string): RefusedByRoblox {
  return new RefusedByRoblox(cloudStatuses[code], { code, message });
}

/** The gateway in front of Open Cloud: authentication, routing, sometimes limits. */
export function gatewayRefusal(status: number, message: string): RefusedByRoblox {
  return new RefusedByRoblox(status, { errors: [{ code: 0, message }] });
}

/** Services of the v1 kind on the Open Cloud host. */
export function serviceRefusal(status: number, error: string, message: string): RefusedByRoblox {
  return new RefusedByRoblox(status, { error, message, errorDetails: [] });
}

/** Legacy hosts: a number that means something else on every route family. */
export function legacyRefusal(
  status: number,
  code: number,
  message: string,
  headers: Answer['headers'] = {},
): RefusedByRoblox {
  const userFacingMessage = 'Something went wrong';
  return new RefusedByRoblox(status, { errors: [{ code, message, userFacingMessage }] }, headers);
}
