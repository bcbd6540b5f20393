import type { RequestHandler } from 'express';
import type { AccountService } from '../accounts/service.js';
import { metadataAddresses } from '../net/addresses.js';
import { refusalIn } from '../net/guard.js';
import type { OutboundService } from './service.js';

/** What the guard refused, for whoever looks at it. */
export type ShownRefusal = {
  /** Why, as the beginning of a sentence. */
  why: string;
  /** The rule that would allow exactly this. */
  allow: string;
  /** A cloud metadata address: not to be opened by one click. */
  isDangerous: boolean;
  isAllowedNow: boolean;
};

const placesOfRefusals = /^\/app\/(webhooks|deliveries|data-sources)\//;

/** Gives every page `refusalOf(text)`, and agents the names of the admins whom they may ask. */
export function refusalLocals(
  outbound: OutboundService,
  accounts: Pick<AccountService, 'list'>,
): RequestHandler {
  return async (req, res, next) => {
    res.locals.refusalOf = (text: string | null | undefined): ShownRefusal | null => {
      const found = refusalIn(text);
      if (!found) return null;
      const { host, port, rule, address } = found;
      return {
        why: rule,
        allow: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        isDangerous: metadataAddresses.includes(address),
        isAllowedNow: outbound.isAllowedNow(found),
      };
    };
    const mayNeedAdmins = req.user?.role === 'agent' && placesOfRefusals.test(req.originalUrl);
    res.locals.admins = mayNeedAdmins
      ? (await accounts.list()).filter(({ role }) => role === 'admin').map(({ name }) => name)
      : [];
    next();
  };
}
