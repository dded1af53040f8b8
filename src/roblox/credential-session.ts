/**
 * What this process remembers about one credential between calls: the secret in force (cookies rotate), the CSRF token,
 * the account it acts as, its circuit and its health.
 */
import type { Clock } from '../domain/clock.ts';
import type { UserId } from '../domain/ids.ts';
import { Circuit, type Fault } from './circuit.ts';
import type { GatewayLog } from './gateway-log.ts';
import type { Credential, CredentialHealth, GatewayNeeds } from './roblox.ts';

export type Account = { readonly userId: UserId; readonly name: string };

/** No call lives longer, so a caller that still passes a secret this long after it was replaced means it. */
const staleCallerMs = 30_000;
const retiredMax = 8;

export class CredentialSession {
  /** Names the credential in joins and caches; holds no secret. */
  readonly key: string;
  readonly circuit = new Circuit();
  csrfToken: string | null = null;
  account: Account | null = null;

  #credential: Credential;
  readonly #needs: Pick<GatewayNeeds, 'saveCookie' | 'reportHealth'>;
  readonly #clock: Clock;
  readonly #log: GatewayLog;
  #secret: string;
  /** Secrets that were replaced, and until when a caller who passes one is given the secret in force instead. */
  readonly #retired = new Map<string, number>();
  #health: CredentialHealth = 'unknown';
  /** What the database holds, as far as we know. */
  #storedSecret: string;
  #unsavedCookie: string | null = null;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    key: string,
    credential: Credential,
    needs: Pick<GatewayNeeds, 'saveCookie' | 'reportHealth'>,
    clock: Clock,
    log: GatewayLog,
  ) {
    this.key = key;
    this.#credential = credential;
    this.#secret = credential.secret;
    this.#storedSecret = credential.secret;
    this.#needs = needs;
    this.#clock = clock;
    this.#log = log;
  }

  get secret(): string {
    return this.#secret;
  }

  /** As last passed in; its secret may be out of date, see `secret`. */
  get credential(): Credential {
    return this.#credential;
  }

  /**
   * Takes note of what a caller passes. A secret that is neither in force nor lately replaced is new: the owner changed
   * it, so everything known about the old one is forgotten. `isAsked`: the question is about this very secret.
   */
  note(credential: Credential, isAsked: boolean): void {
    const { secret } = credential;
    if (secret === this.#secret) {
      this.#credential = credential;
      return;
    }
    const until = this.#retired.get(secret) ?? 0;
    const nowMs = this.#clock.monotonicMs();
    if (until === Number.POSITIVE_INFINITY || (!isAsked && until > nowMs)) return;
    this.#retire(this.#secret, nowMs + staleCallerMs);
    this.#retired.delete(secret);
    this.#secret = secret;
    this.#storedSecret = secret;
    this.#credential = credential;
    this.#unsavedCookie = null;
    this.csrfToken = null;
    this.account = null;
    this.circuit.close();
    this.#health = 'unknown';
  }

  /** Whether the secret in force is what Roblox made of this one. */
  isRotationOf(secret: string): boolean {
    return this.#retired.get(secret) === Number.POSITIVE_INFINITY;
  }

  /** Roblox replaced the cookie `from`: persisted before anything else happens with this credential. */
  rotate(from: string, to: string): Promise<void> {
    // Answers may arrive out of order, and one to a secret that the owner has replaced meanwhile says nothing.
    if (to === this.#secret || from !== this.#secret) return this.#saving;
    this.#retire(from, Number.POSITIVE_INFINITY);
    this.#secret = to;
    this.#unsavedCookie = to;
    this.#log({ level: 'info', msg: 'Roblox replaced a cookie', credential: this.#credential.id });
    return this.cookieSaved();
  }

  /** Resolves when the cookie in force is stored, or storing it has failed once more: it is tried again with each call. */
  cookieSaved(): Promise<void> {
    if (this.#unsavedCookie !== null) this.#saving = this.#saving.then(() => this.#save());
    return this.#saving;
  }

  async #save(): Promise<void> {
    const cookie = this.#unsavedCookie;
    // One that is not stored yet is in the hands of the caller, who asks for `secret`.
    if (cookie === null || this.#credential.id === 0) return;
    try {
      await this.#needs.saveCookie({ ...this.#credential, secret: this.#storedSecret }, cookie);
      if (this.#unsavedCookie !== cookie) return;
      this.#unsavedCookie = null;
      this.#storedSecret = cookie;
    } catch (error) {
      // The call that brought it has been carried out: failing it would be a lie. The error's text may quote the statement.
      this.#log({
        level: 'warn',
        msg: 'a replaced cookie could not be stored',
        credential: this.#credential.id,
        error: nameOf(error),
      });
    }
  }

  /** Roblox answered a call made with `secret` as one makes to a good credential. */
  async proved(isProbe: boolean, secret: string): Promise<void> {
    if (secret === this.#secret && this.circuit.succeeded(isProbe)) await this.#report('ok', '');
  }

  async broke(fault: Fault, reason: string): Promise<void> {
    this.circuit.opened(fault, reason, this.#clock.monotonicMs());
    await this.#report('broken', reason);
  }

  /** The owner asked, and the credential is good. */
  async healed(): Promise<void> {
    this.circuit.close();
    await this.#report('ok', '');
  }

  async #report(health: CredentialHealth, reason: string): Promise<void> {
    if (health === this.#health || this.#credential.id === 0) return;
    const before = this.#health;
    this.#health = health;
    const level = health === 'broken' ? 'warn' : 'info';
    this.#log({ level, msg: `credential is ${health}`, credential: this.#credential.id, reason });
    try {
      await this.#needs.reportHealth(this.#credential, health, reason);
    } catch (error) {
      this.#health = before;
      this.#log({
        level: 'warn',
        msg: 'a credential’s health could not be reported',
        credential: this.#credential.id,
        error: nameOf(error),
      });
    }
  }

  #retire(secret: string, untilMs: number): void {
    this.#retired.delete(secret);
    this.#retired.set(secret, untilMs);
    const [oldest] = this.#retired.keys();
    if (oldest !== undefined && this.#retired.size > retiredMax) this.#retired.delete(oldest);
  }
}

/** Sessions by credential. One that is not stored yet (id 0) has its own for as long as its object lives. */
export function createSessions(
  needs: Pick<GatewayNeeds, 'saveCookie' | 'reportHealth'>,
  clock: Clock,
  log: GatewayLog,
): (credential: Credential, isAsked?: boolean) => CredentialSession {
  const stored = new Map<number, CredentialSession>();
  const unstored = new WeakMap<Credential, CredentialSession>();
  let unstoredCount = 0;

  return (credential, isAsked = false) => {
    const known = credential.id === 0 ? unstored.get(credential) : stored.get(credential.id);
    if (known !== undefined) {
      known.note(credential, isAsked);
      return known;
    }
    const key = credential.id === 0 ? `unstored:${unstoredCount++}` : `${credential.id}`;
    const session = new CredentialSession(key, credential, needs, clock, log);
    if (credential.id === 0) unstored.set(credential, session);
    else stored.set(credential.id, session);
    return session;
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
