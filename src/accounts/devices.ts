import { createHmac, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Deps } from '../deps.js';
import { sameText } from './sameText.js';

const cookie = 'hookbell.device';
const aYear = 365 * 24 * 3_600_000;

/** A signed cookie that tells that this browser has signed in as this user before. It opens nothing by itself. */
export function deviceCookies({ vault }: Pick<Deps, 'vault'>) {
  const key = vault.derive('device cookies');
  const sign = (device: string, email: string) =>
    createHmac('sha256', key).update(`${device} ${email}`).digest('base64url');

  return {
    /** The number of the browser; null when it never signed in as `email`. */
    recognise(req: Request, email: string): string | null {
      const [, device, signature] =
        /(?:^|; *)hookbell\.device=([\w-]+)\.([\w-]+)/.exec(req.get('Cookie') ?? '') ?? [];
      return device && signature && sameText(signature, sign(device, email)) ? device : null;
    },

    remember(req: Request, res: Response, email: string): void {
      const device = randomBytes(16).toString('base64url');
      res.cookie(cookie, `${device}.${sign(device, email)}`, {
        path: '/login',
        httpOnly: true,
        sameSite: 'lax',
        secure: req.session.cookie.secure === true,
        maxAge: aYear,
      });
    },
  };
}
