import { expect } from 'chai';
import { newBot } from '../../src/bots/schema.js';
import { caller } from '../support/caller.js';
import { admin } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';
import { type SlackServer, startSlack, token } from './slackServer.js';

describe('the page of a bot in Slack', () => {
  let running: Running;
  let slack: SlackServer;
  let ada: Person;
  let botId: string;
  let page: string;
  before(async () => {
    slack = await startSlack();
    running = await startHookbell({ background: false });
    ada = await person(running);
    const input = newBot.parse({ name: 'Help <desk>' });
    botId = (await running.hookbell.bots.create(input, admin, Date.now())).id;
    page = `/app/bots/${botId}/slack`;
  });
  after(async () => {
    await running.stop();
    await slack.close();
  });

  const connect = (fields: Record<string, string>) => ada.submit(page, fields, `${page}/connect`);
  const stored = async () => (await running.hookbell.slack.seenBy(admin, botId))!;

  it('leads from nothing to a manifest, and from there to a connected bot', async () => {
    expect((await ada.get(`/app/bots/${botId}/widget`)).$(`a[href="${page}"]`).length).to.equal(1);
    expect(leadsTo(await ada.submit(page))).to.equal(page);
    const { $ } = await ada.get(page);
    const manifest = JSON.parse($('#manifest').text());
    const { id } = await stored();
    expect(manifest.settings.event_subscriptions.request_url).to.equal(
      `${running.url}/api/public/slack/${id}`,
    );
    expect(manifest.display_information.name).to.equal('Help <desk>');
    expect(manifest.oauth_config.scopes.bot).to.include('chat:write');

    const connected = await connect({
      signingSecret: 'a-signing-secret',
      botToken: token,
      apiUrl: slack.url,
    });

    expect(leadsTo(connected)).to.equal(page);
    const shown = await ada.get(page);
    expect(shown.$('.alert-success').text()).to.include('Connected to Acme');
    expect(shown.text).not.to.include('a-signing-secret').and.not.include(token);
    expect(shown.$('#field-botToken').attr('placeholder')).to.equal('••••••');
    const { signingSecret, botToken, team, botUser } = await stored();
    expect([team, botUser]).to.deep.equal(['Acme', 'UBOT']);
    const { vault } = running.hookbell.deps;
    expect([signingSecret, botToken].map((sealed) => vault.open(sealed!))).to.deep.equal([
      'a-signing-secret',
      token,
    ]);
  });

  it('keeps a secret whose field is left empty, but sends the token to no other address', async () => {
    const before = slack.calls.length;
    expect(leadsTo(await connect({ signingSecret: 'a-new-signing-secret', botToken: '' }))).to.equal(page);
    expect(slack.calls.slice(before)).to.deep.equal([['auth.test', token]]);

    const moved = await connect({ apiUrl: slack.url.replace('/api/', '/other/') });

    expect(moved.status).to.equal(422);
    expect(moved.$('#field-botToken-error').text()).to.equal('Enter it again for the new address');
    expect(slack.calls).to.have.lengthOf(before + 1);
  });

  it('says at the field what is wrong', async () => {
    const wrong: [Record<string, string>, string, RegExp][] = [
      [{ botToken: 'xoxb-of-nobody' }, 'botToken', /not taken. Slack says: invalid_auth/],
      [{ botToken: 'xoxp-a-user' }, 'botToken', /begins with xoxb-/],
      [{ signingSecret: 'with spaces' }, 'signingSecret', /without spaces/],
      [{ apiUrl: 'http://10.1.2.3/api/', botToken: token }, 'apiUrl', /10\.1\.2\.3 is/],
      [{ apiUrl: 'ftp://x/', botToken: token }, 'apiUrl', /such as https:\/\/slack\.com/],
    ];
    for (const [fields, field, reason] of wrong) {
      const { status, $ } = await connect(fields);
      expect(status, field).to.equal(422);
      expect($(`#field-${field}-error`).text()).to.match(reason);
    }
  });

  it('removes it, which the audit log tells as it does the rest', async () => {
    expect(leadsTo(await ada.submit(`${page}/delete`))).to.equal(page);

    expect(await running.hookbell.slack.seenBy(admin, botId)).to.equal(null);
    const entries = await running.hookbell.accounts.auditPage(20, null);
    const own = entries.filter(({ action }) => action.startsWith('slack')).map(({ action }) => action);
    expect(own).to.deep.equal([
      'slack-app.deleted',
      'slack-app.connected',
      'slack-app.connected',
      'slack-app.created',
    ]);
    expect(JSON.stringify(entries)).not.to.include(token);
  });

  it('is set up by the API as well, which never shows the secrets', async () => {
    const api = caller(running.url, ada.key);
    const path = `/bots/${botId}/slack`;
    const secrets = { signingSecret: 'a-signing-secret', botToken: token };
    expect((await api.get(path)).status).to.equal(404);
    expect((await api.patch(path, secrets)).status).to.equal(404);

    const begun = await api.post(path, {});
    expect([begun.status, begun.body.connected, begun.body.team]).to.deep.equal([201, false, null]);
    expect(begun.body.manifest.settings.event_subscriptions.request_url).to.equal(begun.body.url);
    expect((await api.post(path, {})).status, 'no second one').to.equal(200);
    const refused = await api.patch(path, { signingSecret: 'a-signing-secret', apiUrl: slack.url });
    expect([refused.status, refused.body.errors]).to.deep.equal([
      422,
      [{ path: 'botToken', message: 'Missing' }],
    ]);
    const connected = await api.patch(path, { ...secrets, apiUrl: slack.url });
    expect(connected.body).to.deep.include({ id: begun.body.id, connected: true, team: 'Acme' });
    const changed = await api.patch(path, { signingSecret: 'a-new-signing-secret' });
    expect(changed.body).to.deep.include({ connected: true, apiUrl: slack.url });
    const shown = await api.get(path);
    expect(shown.body).to.deep.equal(changed.body);
    expect(JSON.stringify([begun, connected, changed, shown].map(({ body }) => body)))
      .not.to.include(token)
      .and.not.include('signing-secret');
    expect(running.hookbell.deps.vault.open((await stored()).signingSecret!)).to.equal(
      'a-new-signing-secret',
    );
    expect((await api.delete(path)).status).to.equal(204);
    expect((await api.get(path)).status).to.equal(404);
  });

  it('is for admins', async () => {
    const agent = await person(running, 'agent');
    await running.hookbell.bots.setAgents(botId, [agent.id], admin, Date.now());
    expect((await caller(running.url, agent.key).get(`/bots/${botId}/slack`)).status).to.equal(403);
    expect((await agent.get(page)).status).to.equal(403);
    expect((await agent.post(`${page}/connect`, { _csrf: await agent.token() })).status).to.equal(403);
    expect((await agent.get(`/app/bots/${botId}/widget`)).$(`a[href="${page}"]`).length).to.equal(0);
  });
});
