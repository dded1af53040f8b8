import { expect, test } from 'vitest';
import { Circuit, probeAfterMs } from './circuit.ts';

const read = false;
const write = true;

test('while open every call is turned back, with the time that is left', () => {
  const circuit = new Circuit();
  circuit.opened('unauthorized', 'gone', 1_000);
  expect(circuit.barred(1_000, read)).toEqual({ retryAfterMs: probeAfterMs, reason: 'gone' });
  expect(circuit.barred(1_000 + probeAfterMs - 1, write)).toEqual({ retryAfterMs: 1, reason: 'gone' });
});

test('after the pause one call may try, and only one', () => {
  const circuit = new Circuit();
  circuit.opened('unauthorized', 'gone', 0);
  expect(circuit.barred(probeAfterMs, read)).toBeNull();
  expect(circuit.begin(read)).toBe(true);
  expect(circuit.barred(probeAfterMs, read)).not.toBeNull();
  circuit.probeEnded();
  expect(circuit.barred(probeAfterMs, read)).toBeNull();
});

test('a good probe closes it, a bad one opens it for another pause', () => {
  const circuit = new Circuit();
  circuit.opened('unauthorized', 'gone', 0);
  circuit.begin(read);
  circuit.opened('unauthorized', 'gone', probeAfterMs);
  expect(circuit.barred(2 * probeAfterMs - 1, read)).not.toBeNull();
  expect(circuit.begin(read)).toBe(true);
  expect(circuit.succeeded(true)).toBe(true);
  expect(circuit.barred(2 * probeAfterMs - 1, read)).toBeNull();
});

test('an answer to a call sent before it opened does not close it', () => {
  const circuit = new Circuit();
  circuit.opened('unauthorized', 'gone', 0);
  expect(circuit.succeeded(false)).toBe(false);
  expect(circuit.isOpen).toBe(true);
});

test('after a challenge reads pass, but only a write shows that it is over', () => {
  const circuit = new Circuit();
  circuit.opened('challenge', 'captcha', 0);
  expect(circuit.barred(probeAfterMs - 1, read)).not.toBeNull();
  expect(circuit.barred(probeAfterMs, read)).toBeNull();
  expect(circuit.begin(read)).toBe(false);
  expect(circuit.succeeded(false)).toBe(false);
  expect(circuit.begin(write)).toBe(true);
  expect(circuit.barred(probeAfterMs, write)).not.toBeNull();
  expect(circuit.barred(probeAfterMs, read)).toBeNull();
  expect(circuit.succeeded(true)).toBe(true);
});
