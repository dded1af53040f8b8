/** The system's limit on the path of a unix socket, in bytes; longer ones are refused (or, worse, cut). */
const pathBytesMax = process.platform === 'linux' ? 107 : 103;

export function socketPathFits(path: string): boolean {
  return Buffer.byteLength(path) <= pathBytesMax;
}
