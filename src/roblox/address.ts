/** Where an endpoint lives: path parameters filled in, query encoded, and the host moved when there is an upstream. */
import type { Endpoint } from './endpoints.ts';

export type Parameters = Readonly<Record<string, string | number>>;

/** The upstream as it is put in front of every path. */
export type Upstream = { readonly origin: string; readonly path: string };

export function parseUpstream(upstream: string): Upstream {
  const { origin, pathname } = new URL(upstream);
  return { origin, path: pathname.replace(/\/+$/, '') };
}

export type Address = { readonly origin: string; readonly path: string };

export function addressOf(
  endpoint: Endpoint,
  parameters: Parameters,
  query: Parameters,
  upstream: Upstream | null,
): Address {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new TypeError(`${endpoint.path} needs the parameter ${name}`);
    return encode(value);
  });
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const whole = pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
  if (upstream === null) return { origin: `https://${endpoint.host}`, path: whole };
  return { origin: upstream.origin, path: `${upstream.path}/${endpoint.host}${whole}` };
}

/** Filters hold spaces and single quotes: `+` for a space and a bare quote are both refused by strict servers. */
function encode(value: string | number): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}
