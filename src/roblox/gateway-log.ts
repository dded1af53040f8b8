/** One line of the gateway's log. Facts are counts, names, ids and statuses; secrets, bodies and addresses never. */
export type GatewayLog = (line: {
  readonly level: 'debug' | 'info' | 'warn';
  readonly msg: string;
  readonly [fact: string]: unknown;
}) => void;
