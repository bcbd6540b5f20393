import { createFetch } from '../net/fetch.js';
import { createGuard } from '../net/guard.js';
import { type Memo, SourceError, type Surroundings } from '../sources/connectors/connector.js';
import { connectors } from '../sources/connectors/registry.js';
import { intake } from './intake.js';
import { leftOut } from './leftOut.js';
import { asking, type Finished, type Task } from './protocol.js';

/** Reads a data source, in a worker thread of its own. Whoever calls it ends the thread to stop it. */
export async function read({ port, type, config, files, memo, rules, agent }: Task): Promise<Finished> {
  const main = asking(port);
  const aside = leftOut();
  let total: number | null = null;
  const around: Surroundings = {
    fetch: createFetch({ guard: createGuard(() => rules), agent }),
    files,
    memo,
    recall: (key) => main.ask<Memo | null>({ ask: 'recall', key }),
    expect: (rows) => {
      total = rows;
    },
    consider: aside.consider,
    signal: new AbortController().signal,
  };
  try {
    const connector = connectors.get(type);
    if (!connector) throw new SourceError(`there is no type of data source named “${type}”`);
    const settings = connector.config.safeParse(config);
    if (!settings.success) throw new SourceError('its settings are not valid any more: check and save them');
    return await intake(connector.read(settings.data, around), main, () => total);
  } catch (error) {
    if (error instanceof SourceError) return { kind: 'unreadable', reason: error.message };
    throw error;
  } finally {
    const noted = aside.noted();
    if (noted.leftOut > 0) await main.ask({ ask: 'note', ...noted });
    port.close();
  }
}
