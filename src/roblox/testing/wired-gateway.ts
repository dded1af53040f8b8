/** A gateway with everything it needs, for tests: virtual time, slots in memory, and a record of what it reported. */
import { createRoblox, type GatewayOptions } from '../gateway.ts';
import { type CallOptions, type Credential, type CredentialHealth, type Roblox, RobloxError } from '../roblox.ts';
import { type MemorySlots, memorySlots } from './memory-slots.ts';
import { VirtualClock } from './virtual-clock.ts';

export type WiredGateway = {
  readonly roblox: Roblox;
  readonly clock: VirtualClock;
  readonly slots: MemorySlots;
  readonly log: object[];
  readonly savedCookies: { readonly replaced: string; readonly cookie: string }[];
  readonly health: { readonly health: CredentialHealth; readonly reason: string }[];
  /** A change with the 25 s that a request has. */
  within(options?: Partial<CallOptions> & { seconds?: number }): CallOptions;
};

export function wireGateway(
  upstream: string,
  options: Partial<Omit<GatewayOptions, 'clock'>> & { clock?: VirtualClock } = {},
): WiredGateway {
  const clock = options.clock ?? new VirtualClock();
  const slots = memorySlots(clock);
  const log: object[] = [];
  const savedCookies: WiredGateway['savedCookies'] = [];
  const health: WiredGateway['health'] = [];
  const roblox = createRoblox({
    upstream,
    proxy: null,
    log: (line) => log.push(line),
    random: () => 0.5,
    ...options,
    clock,
    needs: {
      takeSlots: slots.takeSlots,
      async saveCookie(credential, cookie) {
        // As a database would: later than whoever does not wait for it.
        await new Promise((done) => setImmediate(done));
        savedCookies.push({ replaced: credential.secret, cookie });
      },
      async reportHealth(_credential, state, reason) {
        health.push({ health: state, reason });
      },
      ...options.needs,
    },
  });
  const within: WiredGateway['within'] = ({ seconds = 25, ...given } = {}) => ({
    deadlineMs: clock.monotonicMs() + seconds * 1000,
    priority: 'change',
    ...given,
  });
  return { roblox, clock, slots, log, savedCookies, health, within };
}

export const botId = 1000;
export const botKey: Credential = { id: 1, kind: 'openCloud', secret: 'emulator-bot-open-cloud-key', proxy: null };
export const botCookie: Credential = {
  id: 2,
  kind: 'cookie',
  secret:
    '_|WARNING:-DO-NOT-SHARE-THIS.--Sharing-this-will-allow-someone-to-log-in-as-you-and-to-steal-your-ROBUX-and-items.|_emulator-bot-cookie',
  proxy: null,
};

export async function failureOf(promise: Promise<unknown>): Promise<RobloxError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RobloxError)) throw new Error(`expected a RobloxError, got ${String(error)}`);
  return error;
}
