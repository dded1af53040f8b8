/** What keys look like and how they may be kept (api-contracts.md 1.2). */
import type { KeyDialect } from './caller.ts';

/** New keys: a prefix and forty characters. Keys brought along from another service may look like anything. */
export const keyForms: { readonly [Dialect in KeyDialect]: { readonly prefix: string; readonly alphabet: string } } = {
  wesk: { prefix: 'wesk_', alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' },
  rankgun: { prefix: 'rg_', alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' },
  viscra: { prefix: 'vis_', alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' },
  rankportal: { prefix: 'rsp_', alphabet: '0123456789abcdef' },
};
export const keyCharacters = 40;

/** Their dialects show a key again, so its secret is kept, encrypted, besides the hash. */
export const keysShownAgain: ReadonlySet<KeyDialect> = new Set<KeyDialect>(['rankgun', 'rankportal']);
