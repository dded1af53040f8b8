/** Secrets at rest: AES-256-GCM, the first key encrypts, all keys decrypt; and the hashes keys are found by. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export type SecretBox = {
  seal(clear: string): Buffer;
  /** Throws when none of the keys opens it. */
  open(sealed: Buffer): string;
  /** Whether one of the keys opens it. */
  opens(sealed: Buffer): boolean;
  /** Tells keys apart without revealing them; stored in the database. */
  readonly fingerprint: string;
};

const ivBytes = 12;
const tagBytes = 16;

export function createSecretBox(keys: readonly Buffer[]): SecretBox {
  const [first] = keys;
  if (first === undefined) throw new RangeError('a secret box needs a key');
  const box: SecretBox = {
    seal(clear) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', first, iv);
      const body = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]);
    },
    open(sealed) {
      for (const key of keys) {
        try {
          const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes));
          decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
          return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]).toString(
            'utf8',
          );
        } catch {
          // written with another key of the list
        }
      }
      throw new Error('A stored secret cannot be decrypted with ENCRYPTION_KEY.');
    },
    fingerprint: createHash('sha256').update('brevet key fingerprint').update(first).digest('hex').slice(0, 32),
    opens(sealed) {
      try {
        box.open(sealed);
        return true;
      } catch {
        return false;
      }
    },
  };
  return box;
}

/** SHA-256 of a secret: what API keys are looked up by. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}
