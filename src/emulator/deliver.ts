/** The last step of a call: bytes on the wire, or a connection that breaks. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answer.ts';
import type { Behaviour } from './world.ts';

/** The reply must have been hijacked: Fastify would write every header name in lower case. */
export function deliver(reply: FastifyReply, answer: Answer, spelling: Behaviour['headerCase']): void {
  const isText = typeof answer.body === 'string';
  const isBodiless = answer.body === undefined || answer.status === 204 || answer.status === 304;
  const text = isBodiless ? '' : isText ? String(answer.body) : JSON.stringify(answer.body);
  const headers = {
    ...(isBodiless ? {} : { 'content-type': isText ? 'text/html' : 'application/json; charset=utf-8' }),
    'content-length': String(Buffer.byteLength(text)),
    ...answer.headers,
  };
  reply.raw.writeHead(
    answer.status,
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [spelled(name, spelling), value])),
  );
  reply.raw.end(text);
}

/** `hang`: nothing is said, until the caller gives up or the emulator closes. */
export function drop(request: FastifyRequest, how: 'reset' | 'hang'): void {
  if (how === 'reset') request.raw.socket.resetAndDestroy();
}

function spelled(name: string, spelling: Behaviour['headerCase']): string {
  switch (spelling) {
    case 'lower':
      return name;
    case 'upper':
      return name.toUpperCase();
    case 'title':
      return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    case 'mixed':
      return [...name].map((letter, index) => (index % 2 === 0 ? letter : letter.toUpperCase())).join('');
  }
}
