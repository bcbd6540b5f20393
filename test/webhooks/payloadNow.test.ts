import { expect } from 'chai';
import { eventType, webhookTypes } from '../../src/webhooks/catalogue.js';
import { payloadNow } from '../../src/webhooks/payloadNow.js';
import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

describe('the payload that a webhook would send now', () => {
  const bot = { id: 'b', name: 'Help desk' };
  const actor = { name: 'Sam', email: 'sam@example.com' };
  const outgoing = webhookTypes.filter((type) => type !== 'sync.trigger');

  it('fits the schema of its event, also where there is nothing to tell of yet', () => {
    for (const type of outgoing) {
      const { body, origin } = payloadNow({ type }, { bot, source: null, conversation: null, actor }, 1000);
      expect(eventType(type)!.schema.safeParse(JSON.parse(body)).error, type).to.equal(undefined);
      expect(origin, type).to.match(/^An example/);
      expect(body, type).to.include('Help desk');
    }
  });

  describe('on the page of the webhook', () => {
    let running: Running;
    let receiver: Receiver;
    let admin: Person;
    let api: Caller;
    let id: string;
    before(async () => {
      [running, receiver] = [await startHookbell(), await startReceiver()];
      admin = await person(running);
      api = caller(running.url, admin.key);
      id = (await api.post('/bots', { name: 'Help desk' })).body.id;
    });
    after(() => Promise.all([running.stop(), receiver.close()]));

    const hook = async (type: string, more = {}) => {
      const input = { type, targetUrl: receiver.url, headers: { 'X-Own': 'hidden' }, ...more };
      return (await api.post(`/bots/${id}/webhooks`, input)).body.id as string;
    };
    const page = async (webhook: string) => {
      const { $ } = await admin.get(`/app/webhooks/${webhook}`);
      const section = $('section[aria-labelledby=about-title]');
      return { text: section.text().replace(/\s+/g, ' '), payload: JSON.parse($('#payload-now').text()) };
    };

    it('is what is then sent', async () => {
      const config = { entries: [{ title: 'When are you open?', text: 'Monday to Friday.' }] };
      const made = await api.post(`/bots/${id}/data-sources`, { name: 'Hours', type: 'text', config });
      await eventually('it is read', async () => {
        return (await api.get(`/data-sources/${made.body.id}`)).body.status === 'synced';
      });
      const { payload, text } = await page(await hook('sync.success'));
      await api.post(`/data-sources/${made.body.id}/sync`);
      const [request] = await receiver.wait(1);
      expect(payload).to.deep.equal(JSON.parse(request!.body));
      expect(text)
        .to.include('WhenAt the end of each sync that succeeds')
        .and.include('Of every data source of this bot.')
        .and.include('Not when a sync fails')
        .and.include('X-OwnSet in this webhook')
        .and.include('410 Gone')
        .and.not.include('hidden');
    });

    it('tells of the latest conversation, and of who looks as the agent', async () => {
      const visit = { channelType: 'web', initialMessage: 'Where is it?', userData: { plan: 'Pro' } };
      const talk = (await api.post(`/bots/${id}/conversations`, visit)).body;
      const { payload } = await page(await hook('conversation.claimed'));
      expect(payload.conversation).to.deep.equal({
        id: talk.id,
        botId: id,
        botName: 'Help desk',
        channelType: 'web',
        state: 'Active',
      });
      expect(payload.agent.email).to.equal(admin.email);
      expect((await page(await hook('conversation.escalated'))).payload.conversation.userData).to.deep.equal({
        plan: 'Pro',
      });
    });
  });
});
