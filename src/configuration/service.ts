import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Couriers } from '../delivery/couriers.js';
import type { Deps } from '../deps.js';
import { Conflict, Invalid } from '../errors.js';
import { type Guard, inOneSentence } from '../net/guard.js';
import { requireReachable } from '../sources/settings.js';
import type { SyncService } from '../syncs/service.js';
import type { Standing } from '../webhooks/standing.js';
import { attempts } from './attempts.js';
import type { Step } from './difference.js';
import { fileOf, secretsOf } from './export.js';
import { type ConfigurationFile, readFile, secretsById } from './file.js';
import { openWith, sealWith } from './passphrase.js';
import { storedBots } from './stored.js';
import { type Opened, type Taken, take } from './take.js';
import { servicesWithin } from './within.js';

/** What an import makes, and by what it is known again. */
export type Difference = { steps: Step[]; digest: string };

type Parts = {
  syncs: Pick<SyncService, 'signals'>;
  courier: Couriers;
  standing: Standing;
  /** Judges the targets of webhooks. */
  targets: Pick<Guard, 'resolve'>;
};

export type ConfigurationService = ReturnType<typeof configurationService>;

/** Bots with what belongs to them as a file, and back. */
export function configurationService(deps: Deps, { syncs, courier, standing, targets }: Parts) {
  const { db, vault } = deps;

  async function taken(tx: Knex.Transaction, opened: Opened, actor: Actor, at: number) {
    const services = servicesWithin(tx, deps, standing);
    return { ...(await take(tx, vault, services, opened, actor, at)), touched: services.touched };
  }

  /** Throws `Invalid` for each address that is new here and may not be reached. */
  async function requireAllReachable({ configs, targets: hooks, apis }: Taken['fresh']): Promise<void> {
    const tried = attempts();
    for (const { path, config } of configs) await tried.at(path, () => requireReachable(deps, config));
    for (const { path, targetUrl } of hooks) {
      const refusal = await targets.resolve(targetUrl);
      if (refusal) tried.errors.push({ path: `${path}.targetUrl`, message: inOneSentence(refusal) });
    }
    for (const { path, apiUrl } of apis) {
      const refusal = await deps.guard.resolve(apiUrl);
      if (refusal) tried.errors.push({ path: `${path}.apiUrl`, message: inOneSentence(refusal) });
    }
    tried.end();
  }

  /** An import that is taken back: what it says is what the import does. */
  async function look(opened: Opened, actor: Actor, at: number): Promise<Difference> {
    const tx = await db.transaction();
    const { steps, fresh } = await taken(tx, opened, actor, at).finally(() => tx.rollback());
    await requireAllReachable(fresh);
    return { steps, digest: digestOf(steps) };
  }

  return {
    look,

    /** The file as text; with a passphrase the secrets are in it, sealed, and else left out. */
    async export(passphrase: string | null, actor: Actor, at: number): Promise<string> {
      const bots = await db.transaction(async (tx) => {
        const found = await storedBots(tx, vault);
        const details = { secrets: passphrase === null ? 'left out' : 'encrypted' };
        const entry = { action: 'configuration.exported', subject: counted(fileOf(found)), details };
        await auditLog(tx).record(actor, entry, at);
        return found;
      });
      const { bots: entries, ...head } = fileOf(bots);
      const secrets =
        passphrase === null ? null : await sealWith(passphrase, JSON.stringify(secretsOf(bots)));
      return `${JSON.stringify({ ...head, secrets, bots: entries }, null, 2)}\n`;
    },

    /** Reads a file. Throws `Invalid` for one that is none, or whose secrets the passphrase does not open. */
    async open(text: string, passphrase: string | null): Promise<Opened> {
      const file = readFile(text);
      if (!file.secrets) return { file, secrets: {} };
      if (passphrase === null) {
        const message = 'The file has secrets: give their passphrase, or take “secrets” out of the file';
        throw new Invalid([{ path: 'passphrase', message }]);
      }
      return { file, secrets: secretsById.parse(JSON.parse(await openWith(passphrase, file.secrets))) };
    },

    /**
     * Imports in one transaction. Throws `Conflict` when it would make something else than what was looked at
     * (`digest`), since what is stored has changed meanwhile.
     */
    async import(opened: Opened, digest: string, actor: Actor, at: number): Promise<Step[]> {
      const looked = await look(opened, actor, at);
      requireSame(looked.digest, digest);
      if (isDone(looked.steps)) return looked.steps;
      const { steps, touched } = await db.transaction(async (tx) => {
        const done = await taken(tx, opened, actor, at);
        requireSame(digestOf(done.steps), digest);
        const entry = {
          action: 'configuration.imported',
          subject: counted(opened.file),
          details: countsOf(done.steps),
        };
        await auditLog(tx).record(actor, entry, at);
        return done;
      });
      syncs.signals.emit('queued');
      for (const id of touched) courier.hold(id);
      courier.wake(touched);
      return steps;
    },
  };
}

/** How many steps have which outcome. */
export function countsOf(steps: Step[]): Record<Step['outcome'], number> {
  const count = (outcome: Step['outcome']) => steps.filter((step) => step.outcome === outcome).length;
  return { created: count('created'), changed: count('changed'), unchanged: count('unchanged') };
}

/** Everything is as the file says already. */
export const isDone = (steps: Step[]): boolean => steps.every(({ outcome }) => outcome === 'unchanged');

/** `1 bot, 2 data sources, 3 webhooks, 0 API channels, 1 connection to Slack`. */
function counted({ bots }: ConfigurationFile): string {
  const sum = (of: 'dataSources' | 'webhooks' | 'channels') =>
    bots.reduce((total, bot) => total + bot[of].length, 0);
  const words = (count: number, one: string, more = '') => `${count} ${one}${count === 1 ? '' : 's'}${more}`;
  return [
    words(bots.length, 'bot'),
    words(sum('dataSources'), 'data source'),
    words(sum('webhooks'), 'webhook'),
    words(sum('channels'), 'API channel'),
    words(bots.filter(({ slack }) => slack).length, 'connection', ' to Slack'),
  ].join(', ');
}

const digestOf = (steps: Step[]) => createHash('sha256').update(JSON.stringify(steps)).digest('hex');

function requireSame(now: string, before: string): void {
  if (now !== before)
    throw new Conflict('What is stored has changed meanwhile: look at the difference once more');
}
