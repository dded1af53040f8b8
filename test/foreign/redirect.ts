/**
 * Sends what a client means for roblox.com to an emulator, without touching the client: it opens the connections it always
 * opens, and they end up elsewhere. Whatever else it calls is refused, so that no test reaches the internet.
 */
import http from 'node:http';
import https from 'node:https';

const originalFetch = globalThis.fetch;
const originalRequest = https.request;

/** For clients made of `fetch`, and for those made of `node:https`. */
export function redirectRobloxTo(emulatorUrl: string): void {
  const { hostname, port } = new URL(emulatorUrl);

  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    // `fetch` may not set Host, so the host goes in front of the path.
    const target = `${emulatorUrl}/${robloxHost(url.hostname)}${url.pathname}${url.search}`;
    return originalFetch(input instanceof Request ? new Request(target, input) : target, init);
  };

  const request = (options: https.RequestOptions, answered?: (response: http.IncomingMessage) => void) => {
    const host = robloxHost(options.hostname ?? options.host ?? '');
    const headers = { ...options.headers, host };
    const plain = { ...options, protocol: 'http:', hostname, host: hostname, port, headers, agent: http.globalAgent };
    return http.request(plain, answered);
  };
  Object.assign(https, { request });
}

export function redirectNoMore(): void {
  globalThis.fetch = originalFetch;
  Object.assign(https, { request: originalRequest });
}

function robloxHost(host: string): string {
  if (/^[a-z]+\.roblox\.com$/.test(host)) return host;
  throw new Error(`A client tried to reach ${host || 'an unknown host'}.`);
}
