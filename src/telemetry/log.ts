/** The log: one JSON line an event on stdout, without secrets. */
import { type Logger, pino } from 'pino';

/** Fields that may carry a secret, wherever a library logs a request or an error. */
const secretFields = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-api-key"]',
  'headers.authorization',
  'headers.cookie',
  'headers["x-api-key"]',
  '*.secret',
  '*.connectionString',
];

/** `destination`: a file descriptor; the command line logs to stderr (2) so that its answer stands alone on stdout. */
export function createLog(level: string, destination: 1 | 2 = 1): Logger {
  return pino(
    {
      level,
      redact: { paths: secretFields, censor: '[secret]' },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: destination, sync: true }),
  );
}
