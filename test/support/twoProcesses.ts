import { startHookbell } from './server.js';

type Options = { env?: Record<string, string>; other?: Record<string, string>; background?: boolean };

/** Two Hookbells on one database (PostgreSQL only), and how to stop both. */
export async function twoOnOne({ env = {}, other = {}, background = false }: Options = {}) {
  const one = await startHookbell({ env, background });
  const two = await startHookbell({ env: { ...env, ...other }, dataDir: one.dataDir, background });
  return {
    one,
    two,
    async stop() {
      await two.stop({ keep: true });
      await one.stop();
    },
  };
}
