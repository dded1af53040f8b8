/** One Ctrl-C may arrive twice, from the terminal and passed on by npm; within this time it counts once. */
const sameMs = 1_000;

/** Waits for Ctrl-C or a request to end. A later second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    let isStopping = false;
    let isUrgent = false;
    for (const signal of signals) {
      process.on(signal, () => {
        if (isUrgent) process.exit(1);
        if (isStopping) return;
        isStopping = true;
        setTimeout(() => {
          isUrgent = true;
        }, sameMs).unref();
        resolve();
      });
    }
  });
}
