import { expect, test } from 'vitest';
import { gathering } from './gathering.ts';

/** Reads that end when the test says so. */
function stage() {
  const reads: { questions: readonly string[]; end: (failure?: Error) => void }[] = [];
  const ask = gathering<string, string>(
    (questions) =>
      new Promise((resolve, reject) => {
        const end = (failure?: Error) =>
          failure === undefined ? resolve(questions.map((q) => `${q}!`)) : reject(failure);
        reads.push({ questions, end });
      }),
  );
  return { reads, ask };
}

test('alone or in company of one, a question is asked at once', async () => {
  const { reads, ask } = stage();
  const answers = [ask('a'), ask('b')];
  expect(reads.map((read) => read.questions)).toEqual([['a'], ['b']]);
  for (const read of reads) read.end();
  expect(await Promise.all(answers)).toEqual(['a!', 'b!']);
});

test('what is asked meanwhile is asked together afterwards, never answered by what began before', async () => {
  const { reads, ask } = stage();
  const [first, second] = [ask('a'), ask('b')];
  const others = [ask('a'), ask('c')];
  expect(reads).toHaveLength(2);
  reads[0]?.end();
  await first;
  expect(reads.map((read) => read.questions)).toEqual([['a'], ['b'], ['a', 'c']]);
  for (const read of reads) read.end();
  expect(await Promise.all([second, ...others])).toEqual(['b!', 'a!', 'c!']);
});

test('a failure is everybody’s who asked with it, and nobody’s who asks later', async () => {
  const { reads, ask } = stage();
  const [first, second] = [ask('a'), ask('b')];
  const together = [ask('c'), ask('d')];
  reads[0]?.end();
  await first;
  const later = ask('e');
  reads[2]?.end(new Error('gone'));
  for (const failing of together) await expect(failing).rejects.toThrow('gone');
  reads[1]?.end();
  for (const read of reads) read.end();
  expect(await Promise.all([second, later])).toEqual(['b!', 'e!']);
});
