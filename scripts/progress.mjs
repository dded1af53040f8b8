// One line for each step, on stderr: stdout belongs to the program (`demo --json` prints one line there).

/**
 * Shows `› Label… 12 s` while the work runs. A terminal sees the seconds count; a log gets a line now and then.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(label, work) {
  const started = performance.now();
  const { stderr } = process;
  const line = () => `› ${label}… ${Math.round((performance.now() - started) / 1000)} s`;
  const show = () => stderr.write(stderr.isTTY ? `\r${line()}` : `${line()}\n`);
  stderr.write(stderr.isTTY ? `› ${label}…` : `› ${label}…\n`);
  const ticking = setInterval(show, stderr.isTTY ? 1_000 : 10_000);
  try {
    return await work();
  } finally {
    clearInterval(ticking);
    show();
    if (stderr.isTTY) stderr.write('\n');
  }
}
