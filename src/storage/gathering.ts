/**
 * Gathers reads: what is asked while statements of the kind run is asked together by the next one. Nobody is answered from
 * a statement that began before they asked, so an answer is never older than the question; alone, nobody waits.
 */
type Waiter<Question, Answer> = {
  readonly question: Question;
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
};

/** So many at most in one statement; the rest make up the one after. */
const gatheredMax = 100;
/** Two, so that one connection that hangs does not hold up everybody. */
const runningMax = 2;

/** `read` answers in the order of the questions. */
export function gathering<Question, Answer>(
  read: (questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  let running = 0;
  let waiting: Waiter<Question, Answer>[] = [];

  async function readOn(): Promise<void> {
    running += 1;
    while (waiting.length > 0) {
      const now = waiting.slice(0, gatheredMax);
      waiting = waiting.slice(gatheredMax);
      try {
        const answers = await read(now.map((waiter) => waiter.question));
        for (const [index, answer] of answers.entries()) now[index]?.answered(answer);
      } catch (error) {
        for (const waiter of now) waiter.failed(error);
      }
    }
    running -= 1;
  }

  return (question) =>
    new Promise((answered, failed) => {
      waiting.push({ question, answered, failed });
      if (running < runningMax) void readOn();
    });
}
