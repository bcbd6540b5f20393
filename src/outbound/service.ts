import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Deps } from '../deps.js';
import { Invalid, NotFound } from '../errors.js';
import { type KeptRefusal, portOf } from '../net/guard.js';
import { allowsAddress, allowsHost, bareHost, parseRule, type Rule, ruleText } from '../net/rules.js';
import { type Meaning, meaningOf } from './meaning.js';
import type { RulesInForce } from './rules.js';
import { type OutboundRule, outboundRuleStore } from './store.js';

export const newRule = z.strictObject({
  rule: z.string('Say what may be reached').trim().min(1, 'Say what may be reached').max(300),
  note: z.string().trim().max(200, 'At most 200 characters').default(''),
  /** The rule once more, where it opens a cloud metadata address. */
  confirmation: z.string().trim().optional(),
  /** That the warning was read. */
  sure: z.literal('on').optional(),
});

export type NewRule = z.infer<typeof newRule>;
export type OutboundService = ReturnType<typeof outboundService>;

/** What a test of an address found. */
export type Verdict = { isAllowed: boolean; words: string; setting: string | null };

/** What may be reached although it is not public: the rules that admins add beside `OUTBOUND_ALLOW`. */
export function outboundService(
  { config, db, reader, guard, clock }: Pick<Deps, 'config' | 'db' | 'reader' | 'guard' | 'clock'>,
  inForce: RulesInForce,
  tellOthers: () => void = () => {},
) {
  /** Takes the rules as the database has them now: after a change here, and now and then for changes elsewhere. */
  async function reload(): Promise<void> {
    const stored = await outboundRuleStore(reader).all();
    const rules = stored.flatMap(({ rule }) => parseRule(rule) ?? []);
    if (inForce.use(rules)) guard.changed();
  }

  async function meaning(rule: Rule): Promise<Meaning> {
    return meaningOf(rule, rule.kind === 'host' ? await guard.addressesOf(rule.host) : []);
  }

  async function find(id: string): Promise<OutboundRule> {
    const found = await outboundRuleStore(reader).find(id);
    if (!found) throw new NotFound('Rule');
    return found;
  }

  return {
    reload,
    find,

    async list() {
      const shown = (rule: Rule) => ({ rule: ruleText(rule), ...meaningOf(rule) });
      const stored = await outboundRuleStore(reader).all();
      return {
        environment: config.outboundAllow.map(shown),
        stored: stored.map((entry) => ({ ...entry, ...meaningOf(read(entry.rule)) })),
      };
    },

    /** What a rule would open; null for text that is no rule. */
    async meaningOf(text: string): Promise<Meaning | null> {
      const rule = parseRule(text.trim());
      return rule && meaning(rule);
    },

    /** Throws `Invalid` at `confirmation` or `sure` for what opens too much without being confirmed. */
    async add({ rule: text, note, confirmation, sure }: NewRule, actor: Actor): Promise<OutboundRule> {
      const rule = read(text);
      const entry: OutboundRule = {
        id: uuid(),
        rule: ruleText(rule),
        note,
        createdBy: actor.name,
        createdAt: clock(),
      };
      if (config.outboundAllow.some((given) => ruleText(given) === entry.rule))
        throw refusal('rule', 'OUTBOUND_ALLOW has this rule already');
      const { danger, warning } = await meaning(rule);
      if (danger && confirmation !== entry.rule)
        throw refusal('confirmation', `Type ${entry.rule} to add it`);
      if (!danger && warning && !sure) throw refusal('sure', 'Confirm that this is meant');
      await db.transaction(async (tx) => {
        if (!(await outboundRuleStore(tx).insert(entry))) throw refusal('rule', 'There is this rule already');
        const audited = { action: 'outbound-rule.added', subject: entry.rule, subjectId: entry.id };
        await auditLog(tx).record(actor, { ...audited, details: { note: note || null } }, entry.createdAt);
      });
      tellOthers();
      await reload();
      return entry;
    },

    async remove(id: string, actor: Actor): Promise<OutboundRule> {
      const entry = await find(id);
      await db.transaction(async (tx) => {
        if ((await outboundRuleStore(tx).remove(id)) === 0) throw new NotFound('Rule');
        const audited = { action: 'outbound-rule.removed', subject: entry.rule, subjectId: id };
        await auditLog(tx).record(actor, audited, clock());
      });
      tellOthers();
      await reload();
      return entry;
    },

    /** Whether an address may be reached at this moment, and why. */
    async test(address: string): Promise<Verdict> {
      const refused = await guard.resolve(address);
      if (refused) {
        const setting = refused.setting?.replace('OUTBOUND_ALLOW=', '') ?? null;
        return { isAllowed: false, words: refused.rule, setting };
      }
      const url = new URL(address);
      const host = bareHost(url.hostname);
      const addresses = await guard.addressesOf(host);
      const found = inForce.all().find((rule) => namesAll([rule], host, portOf(url), addresses));
      const at = addresses.includes(host) ? host : `${host} (${addresses.join(', ')})`;
      if (found) return allowed(`the rule ${ruleText(found)} names ${at}`);
      if (addresses.length > 0) return allowed(`${at} is public, or named by the rules`);
      return allowed(`nothing is refused, but the name ${host} cannot be found at this moment`);
    },

    /** Whether there is exactly this rule. */
    async has(text: string): Promise<boolean> {
      const rule = ruleText(read(text));
      return inForce.all().some((one) => ruleText(one) === rule);
    },

    /** Whether what was refused then would be let through now. */
    isAllowedNow: ({ host, port, address }: KeptRefusal): boolean =>
      guard.judge(host, port, [address]) === null,
  };
}

const allowed = (words: string): Verdict => ({ isAllowed: true, words, setting: null });

const namesAll = (rules: Rule[], host: string, port: number, addresses: string[]) =>
  allowsHost(rules, host, port) ||
  (addresses.length > 0 && addresses.every((address) => allowsAddress(rules, address, port)));

function read(text: string): Rule {
  const rule = parseRule(text);
  if (rule) return rule;
  throw refusal(
    'rule',
    'Not an address, range or host: one of 10.0.0.5, 10.0.0.5:8080, 10.0.0.0/24, crm.internal, crm.internal:8080 or [fd00::1]:443',
  );
}

const refusal = (path: string, message: string) => new Invalid([{ path, message }]);
