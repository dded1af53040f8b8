// Vitest's global set-up of this folder: its packages are not among Brevet's own, so `npm ci` at the root leaves them out.
import { setUpForeignClients } from '../../scripts/setup.mjs';

export async function setup() {
  await setUpForeignClients();
}
