/**
 * One parser reads every request body as JSON, whatever its Content-Type says or whether it has one: RankGun's own clients
 * send none (api-contracts.md 1.3). Empty is `{}`, so is `[]` (Luau encodes an empty table so); gzip is unpacked.
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'secure-json-parse';

/** After unpacking. A route may say otherwise with `bodyLimit`. */
export const bodyLimitBytes = 64 * 1024;

/** A body that cannot be read; each dialect answers it in its own shape. */
class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly statusCode: 400 | 413 | 415;

  constructor(statusCode: BodyError['statusCode'], message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

const unzip = promisify(gunzip);

async function readAll(stream: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new BodyError(413, `The body is larger than ${limit} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function unpack(packed: Buffer, encoding: string, limit: number): Promise<Buffer> {
  if (encoding === 'identity' || packed.length === 0) return packed;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new BodyError(415, `Content-Encoding ${encoding.slice(0, 40)} is not supported: send plain JSON or gzip.`);
  }
  try {
    return await unzip(packed, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyError(413, `The body is larger than ${limit} bytes after unpacking.`);
    }
    throw new BodyError(400, 'The body says it is gzip but cannot be unpacked.');
  }
}

const depthMax = 100;

/** Empty arrays become empty objects, nested ones too: Luau cannot tell them apart. */
function asSent(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (depth > depthMax) throw new BodyError(400, `The body is nested more than ${depthMax} deep.`);
  if (Array.isArray(value)) return value.length === 0 ? {} : value.map((inner) => asSent(inner, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, asSent(inner, depth + 1)]));
}

function parseObject(text: string, keepArrays: boolean): unknown {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = parse(text, { protoAction: 'remove', constructorAction: 'remove' });
  } catch {
    throw new BodyError(400, 'The body is not valid JSON.');
  }
  const body = keepArrays ? value : asSent(value);
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new BodyError(400, 'The body must be a JSON object.');
  }
  return body;
}

/** `keepArrays`: routes under this prefix take whole documents, where an empty list is a list. */
export function readJsonBodies(app: FastifyInstance, options: { readonly keepArraysUnder: string }): void {
  app.removeAllContentTypeParsers();
  app.addHook('onRequest', async (request) => {
    // the header must not decide anything, not even by being malformed
    delete request.raw.headers['content-type'];
  });
  app.addContentTypeParser('*', async (request: FastifyRequest, stream: IncomingMessage) => {
    const limit = request.routeOptions.bodyLimit ?? bodyLimitBytes;
    const packed = await readAll(stream, limit);
    const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    const text = (await unpack(packed, encoding, limit)).toString('utf8').replace(/^\uFEFF/, '');
    return parseObject(text, request.url.toLowerCase().startsWith(options.keepArraysUnder));
  });
}
