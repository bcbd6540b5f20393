import { expect } from 'chai';
import { realAddress } from './addresses.js';
import type { House } from './house.js';
import { stated } from './routes.js';

/** Comes last: nothing of what was secret in the whole run may be found where it does not belong. */
export function leaks(room: () => House): void {
  describe('the secrets of the whole run', () => {
    function expectNone(text: string, where: string): void {
      const found = room().secrets.filter((secret) => text.includes(secret));
      expect(found, where).to.deep.equal([]);
    }

    it('are in no line of the log', () => {
      const { running, secrets } = room();
      expect(secrets.every((secret) => secret.length >= 16)).to.equal(true);
      expect(running.logged().split('\n').length).to.be.greaterThan(100);
      expectNone(running.logged(), 'the log');
    });

    it('are in no export, and on no page that an agent sees', async () => {
      const { insider, admin } = room();
      const seen = stated.filter(
        ({ method, path }) => method === 'GET' && path.startsWith('/app') && !/\/live$/.test(path),
      );
      for (const route of seen) {
        const path = realAddress(room(), route);
        expectNone((await insider.get(path)).text, path);
        if (/\.(csv|json)$|audit|events|configuration|storage|data-sources|conversations/.test(path))
          expectNone((await admin.get(path)).text, path);
      }
    });

    it('are on no error page, and in nothing that is logged of an error', async () => {
      const { running, admin, api, db, webhook } = room();
      await db.schema.renameTable('audit_log', 'gone');
      try {
        const answers = [
          await admin.get('/app/settings/audit'),
          await admin.get(`/app/settings/audit?token=${admin.key}`),
          await api.get(`/webhooks/${webhook}/secret`),
          await api.post(`/webhooks/${webhook}/rotate-secret`, { secret: 'a-secret-that-cannot-be-kept' }),
        ];
        for (const { status, text } of answers) {
          expect(status).to.equal(500);
          expectNone(text, 'an error');
          expect(text).not.to.match(/audit_log|SQLITE|node_modules/);
        }
      } finally {
        await db.schema.renameTable('gone', 'audit_log');
      }
      expectNone(running.logged(), 'the log');
      expect(running.logged()).not.to.include('a-secret-that-cannot-be-kept');
    });
  });
}
