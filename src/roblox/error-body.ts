/** The many shapes of a refusal's body (roblox-api.md 3.5 and 10.2), read by shape and never by address. */
export type ErrorBody = {
  /** A number (legacy, gateway) or a word (Open Cloud and newer services); null when the body names none. */
  readonly code: number | string | null;
  readonly message: string | null;
};

const nothing: ErrorBody = { code: null, message: null };
const messageCharactersMax = 300;

/** Never throws, whatever the body is. */
export function parseErrorBody(body: string): ErrorBody {
  const text = body.trim();
  if (text === '' || isMarkup(text)) return nothing;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: null, message: tidy(text) };
  }
  return fromValue(value);
}

export function isMarkup(body: string): boolean {
  return /^\s*</.test(body);
}

function fromValue(value: unknown): ErrorBody {
  if (typeof value === 'string') return { code: null, message: tidy(value) };
  if (!isRecord(value)) return nothing;
  const { errors, error } = value;
  if (Array.isArray(errors)) return errors.length === 0 ? nothing : fromValue(errors[0]);
  // ASP.NET validation: { errors: { field: [sentence] }, title, status }
  if (isRecord(errors)) {
    const sentences = Object.entries(errors).map(([field, said]) => `${field}: ${[said].flat().join(' ')}`);
    return { code: null, message: tidy(sentences.join('; ')) ?? textOf(value['title']) };
  }
  if (isRecord(error)) return fromValue(error);
  return {
    code: codeOf(value['code']) ?? codeOf(error) ?? codeOf(value['errorCode']),
    message: textOf(value['message']) ?? textOf(value['errorMessage']) ?? textOf(value['title']),
  };
}

function codeOf(value: unknown): number | string | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value !== '' ? value.slice(0, 80) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? tidy(value) : null;
}

/** One line of bounded length: the text ends in logs and answers. */
function tidy(text: string): string | null {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line === '' ? null : line.slice(0, messageCharactersMax);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
