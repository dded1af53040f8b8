/** Credentials and keys of a document: replaced only when they change, never in clear. */
import { expect, test } from 'vitest';
import { exampleDocument, exampleSecrets, useDocuments } from '../../test/harness/documents.ts';
import { groupId } from '../domain/ids.ts';

const documents = useDocuments();

/** As a rank change would use them. */
async function credentialsOf(slug: string) {
  const id = await documents.storage.shared.workspaces.find(slug);
  if (id === null) throw new Error('no workspace');
  return (await documents.storage.tenant(id).ranking.settings(groupId(7001), null, null)).credentials;
}
const storedSecrets = async (slug: string) => (await credentialsOf(slug)).map((credential) => credential.secret);

/** Roblox answers a call made with the secret stored now with other cookies, one after another. */
async function rotate(slug: string, position: number, ...cookies: string[]): Promise<void> {
  const credential = (await credentialsOf(slug))[position];
  if (credential === undefined) throw new Error('no credential');
  for (const cookie of cookies) {
    await documents.storage.shared.credentials.saveRotatedCookie(credential.id, credential.secret, cookie);
  }
}

test('a cookie that Roblox rotated survives the same document, and a new value replaces it', async () => {
  const document = exampleDocument('rotation');
  await documents.apply(document);
  await rotate('rotation', 1, 'rotated by Roblox', 'a rotation of the old cookie, arriving late');
  expect(await documents.apply(document)).toMatchObject({ isChanged: false });
  expect(await storedSecrets('rotation')).toEqual([
    `${exampleSecrets.ACME_OPEN_CLOUD_KEY} rotation`,
    'rotated by Roblox',
  ]);

  const report = await documents.apply({ ...document, extraCredentials: [{ kind: 'cookie', value: 'a new cookie' }] });
  expect(report.changes).toEqual([
    { part: 'credentials', change: 'updated', count: 1, names: ['extraCredentials[0] (cookie)'] },
  ]);
  expect(await storedSecrets('rotation')).toEqual([`${exampleSecrets.ACME_OPEN_CLOUD_KEY} rotation`, 'a new cookie']);
});

test('credentials that change places keep their rows, and so their rotated secrets', async () => {
  const [a, b, c] = ['first', 'second', 'third'].map((name) => ({
    kind: 'cookie' as const,
    value: `cookie ${name}`,
  }));
  const base = { workspace: { slug: 'places', name: 'Places' } };
  await documents.apply({ ...base, credential: a, extraCredentials: [b, c] });
  await rotate('places', 1, 'second, rotated');
  await documents.apply({ ...base, credential: c, extraCredentials: [a, b] });
  expect(await storedSecrets('places')).toEqual(['cookie third', 'cookie first', 'second, rotated']);
  await documents.apply({ ...base, credential: b, extraCredentials: [] });
  expect(await storedSecrets('places')).toEqual(['second, rotated', 'cookie third', 'cookie first']);
  expect(await documents.apply(await documents.read('places'))).toMatchObject({ isChanged: false });
  await documents.apply({ ...base, credential: b, extraCredentials: [], prune: true });
  expect(await storedSecrets('places')).toEqual(['second, rotated']);
});

test('a proxy is used as given, changed alone, and its password is nobody’s to read', async () => {
  const proxy = 'http://user:proxy-password@proxy.example:8080';
  const base = { workspace: { slug: 'proxy', name: 'Proxy' } };
  const credential = { kind: 'cookie', value: 'cookie behind a proxy' };
  const stored = async () => (await credentialsOf('proxy')).map((one) => [one.secret, one.proxy]);
  await documents.apply({ ...base, credential: { ...credential, proxy } });
  expect(await stored()).toEqual([['cookie behind a proxy', proxy]]);
  const text = JSON.stringify([
    await documents.read('proxy'),
    await documents.rows('select to_jsonb(c)::text from credentials c'),
  ]);
  expect(text).not.toContain('proxy-password');
  expect(text).not.toContain(Buffer.from('proxy-password').toString('hex'));
  // left out when read back, and so left alone when applied
  expect(await documents.apply(await documents.read('proxy'))).toMatchObject({ isChanged: false });

  expect(
    await documents.apply({ ...base, credential: { kind: 'cookie', proxy: 'http://other.example' } }),
  ).toMatchObject({
    isChanged: true,
  });
  expect(await stored()).toEqual([['cookie behind a proxy', 'http://other.example']]);
  expect((await documents.read('proxy')).credential).toMatchObject({ proxy: 'http://other.example' });
  await documents.apply({ ...base, credential: { kind: 'cookie', proxy: null } });
  expect(await stored()).toEqual([['cookie behind a proxy', null]]);
});

test('no secret stands in the database in clear, nor in a document read back', async () => {
  await documents.apply({ ...exampleDocument('clear'), keys: [{ dialect: 'rankgun', value: 'rankgun-key-of-clear' }] });
  const all = await documents.rows<{ text: string }>(
    'select to_jsonb(t)::text as text from (select * from api_keys) t union all select to_jsonb(c)::text from credentials c union all select to_jsonb(w)::text from workspaces w',
  );
  const text = all.map((row) => row.text).join('\n') + JSON.stringify(await documents.read('clear'));
  for (const secret of [
    'rankgun-key-of-clear',
    `${exampleSecrets.ACME_OPEN_CLOUD_KEY} clear`,
    `${exampleSecrets.cookie} clear`,
  ]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('hex'));
  }
  const [key] = await documents.rows<{ secret: Buffer }>(
    `select secret from api_keys where last_four = 'lear' and dialect = 'rankgun'`,
  );
  expect(documents.box.open(key?.secret ?? Buffer.alloc(0))).toBe('rankgun-key-of-clear');
});
