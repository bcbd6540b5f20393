import { expect } from 'chai';
import type { House } from './house.js';

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

    it('are in no export, and in no list of what happened', async () => {
      const { admin, bot } = room();
      const lists = [
        '/app/settings/audit',
        '/app/settings/configuration',
        '/app/settings/storage',
        `/app/bots/${bot}/events`,
      ];
      for (const path of [
        ...lists,
        `/app/bots/${bot}/conversations.csv`,
        `/app/bots/${bot}/conversations.json`,
      ])
        expectNone((await admin.get(path)).text, path);
      const passphrase = 'open-sesame-of-this-run';
      const form = { passphrase, _csrf: await admin.token() };
      const exported = await admin.post('/app/settings/configuration/export', form);
      room().secrets.push(passphrase);
      expect(exported.status).to.equal(200);
      expectNone(exported.text, 'the configuration');
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
