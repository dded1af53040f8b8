/** What belongs to the whole installation: which key encrypts it, the journal's partitions, and what is swept away. */
import { type Database, given, runPrepared } from './database.ts';
import type { SecretBox } from './secret-box.ts';

/** The database was encrypted with another ENCRYPTION_KEY. */
export class WrongEncryptionKey extends Error {
  override readonly name = 'WrongEncryptionKey';

  constructor() {
    super(
      'The secrets in this database were encrypted with another ENCRYPTION_KEY. Set the key this installation was started with (it may stand second in the list, after a new one).',
    );
  }
}

export type InstallationStore = {
  /** Remembers the key on the first start; later refuses any list that does not hold it. */
  checkEncryptionKey(boxes: readonly SecretBox[]): Promise<void>;
  /** Makes the journal's partitions for this month and the next two. */
  preparePartitions(): Promise<void>;
  /** Forgets idempotency keys and request windows that are over. */
  sweep(): Promise<void>;
  /** Whether the database answers. */
  isReachable(): Promise<boolean>;
};

export function createInstallationStore(database: Database): InstallationStore {
  return {
    async checkEncryptionKey(boxes) {
      const [first] = boxes;
      const row = await database.kysely.selectFrom('installation').select('key_fingerprint').executeTakeFirstOrThrow();
      const known = row.key_fingerprint;
      if (known !== null && !boxes.some((box) => box.fingerprint === known)) throw new WrongEncryptionKey();
      if (first === undefined || known === first.fingerprint) return;
      await database.kysely.transaction().execute(async (transaction) => {
        // every secret moves to the first key before its name does, so that the old key may then be thrown away
        const reseal = (sealed: Buffer) => {
          const box = boxes.find((one) => one.opens(sealed));
          if (box === undefined) throw new WrongEncryptionKey();
          return first.seal(box.open(sealed));
        };
        for (const { id, secret, proxy } of await transaction
          .selectFrom('credentials')
          .select(['id', 'secret', 'proxy'])
          .execute()) {
          const sealed = { secret: reseal(secret), proxy: proxy === null ? null : reseal(proxy) };
          await transaction.updateTable('credentials').set(sealed).where('id', '=', id).execute();
        }
        for (const { id, secret } of await transaction.selectFrom('api_keys').select(['id', 'secret']).execute()) {
          if (secret === null) continue;
          await transaction
            .updateTable('api_keys')
            .set({ secret: reseal(secret) })
            .where('id', '=', id)
            .execute();
        }
        await transaction.updateTable('installation').set({ key_fingerprint: first.fingerprint }).execute();
      });
    },
    async preparePartitions() {
      // two processes may do this at once: the lock makes one wait and find the work done
      await database.pool.query(`
        do $$
        declare first date := date_trunc('month', brevet_now() at time zone 'UTC')::date;
          start date;
        begin
          perform pg_advisory_xact_lock(hashtext('brevet journal partitions'));
          for i in 0..2 loop
            start := first + make_interval(months => i);
            if to_regclass('actions_' || to_char(start, 'YYYY_MM')) is null
              and not exists (select from actions_default where created_at >= start::timestamp at time zone 'UTC'
                and created_at < (start + interval '1 month')::timestamp at time zone 'UTC') then
              execute format('create table %I partition of actions for values from (%L) to (%L)',
                'actions_' || to_char(start, 'YYYY_MM'), start::timestamp at time zone 'UTC',
                (start + interval '1 month')::timestamp at time zone 'UTC');
            end if;
          end loop;
        end $$`);
    },
    async sweep() {
      await database.pool.query(`
        with windows as (delete from request_windows where minute < brevet_now() - interval '5 minutes')
        delete from idempotency_keys
        where completed_at < brevet_now() - interval '25 hours' or created_at < brevet_now() - interval '30 days'`);
    },
    async isReachable() {
      try {
        await runPrepared(
          database,
          { name: 'installation.ping', text: `with ${given('x integer')} select 1 from p` },
          {},
        );
        return true;
      } catch {
        return false;
      }
    },
  };
}
