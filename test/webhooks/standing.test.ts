import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { admin, emit, type Hook, makeHook } from '../support/outbox.js';
import { type Person, person, userIn } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const minute = 60_000;
const day = 24 * 60 * minute;

describe('the standing of a webhook', () => {
  let running: Running;
  let receiver: Receiver;
  let hook: Hook;
  let ada: Person;
  let agent: Person;

  before(async () => {
    receiver = await startReceiver();
    // Nobody is there: the mails wait, to be read.
    running = await startHookbell({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } });
    ada = await person(running);
    agent = await person(running, 'agent');
    await userIn(running.hookbell, 'admin', 'grace@example.com');
    hook = await makeHook(running, `${receiver.url}/crm?token=of-the-receiver`);
    await running.hookbell.bots.setAgents(hook.botId, [agent.id], admin, now());
  });
  after(async () => {
    await running.stop();
    await receiver.close();
  });
  beforeEach(async () => {
    receiver.answer(500);
    await running.hookbell.deps.db('mails').delete();
    await running.hookbell.deps.db('audit_log').delete();
  });
  afterEach(async () => {
    receiver.answer(200);
    await running.hookbell.webhooks.change(hook.id, { enabled: false }, admin, now());
    await running.hookbell.webhooks.change(hook.id, { enabled: true }, admin, now());
    await running.hookbell.webhooks.resume(hook.id, admin, now());
    await eventually('an empty outbox', async () => {
      running.pass(10_000);
      return (await running.hookbell.deliveries.waiting(hook.id)) === 0;
    });
    await eventually('no failure', async () => (await webhook()).failingSince === null);
  });

  const now = () => running.hookbell.deps.clock();
  const webhook = () => running.hookbell.webhooks.seenBy(admin, hook.id);
  const page = async (who: Person, path: string) => {
    const { text: html } = await who.get(path);
    const text = html
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .replace(/ ([.,;:])/g, '$1');
    return { html, text };
  };
  const mails = () => running.hookbell.deps.db('mails').orderBy('recipient');
  const audit = async (action: string) =>
    (await running.hookbell.deps.db('audit_log').where({ action, subject_id: hook.id })).map((row) => ({
      actor: row.actor as string,
      details: JSON.parse(row.details) as object,
    }));
  const counted = async (state: string) => {
    const answer = await fetch(`${running.url}/metrics`);
    return Number(new RegExp(`state_changes_total{state="${state}"} (\\d+)`).exec(await answer.text())![1]);
  };

  const failing = async () => {
    await emit(running, hook.botId);
    await eventually('a failure', async () => (await webhook()).failingSince !== null);
  };
  const paused = async () => {
    await failing();
    running.pass(5 * day);
    await emit(running, hook.botId);
    await eventually('a pause', async () => (await webhook()).pausedAt !== null);
  };
  const gone = async () => {
    receiver.answer(410);
    await emit(running, hook.botId);
    await eventually('a disabled webhook', async () => !(await webhook()).enabled);
  };

  it('that fails is on its page, in the list of its bot and on the dashboard, with since when, why and what is next', async () => {
    const before = await counted('failing');
    await failing();
    const shown = await page(agent, `/app/webhooks/${hook.id}`);
    expect(shown.text).to.match(/Failing since .* ago\. The receiver answered 500\./);
    expect(shown.text).to.match(/tried again on its schedule\. If nothing but failures come until in 5 days/);
    for (const path of [`/app/bots/${hook.botId}/webhooks`, '/app']) {
      const { text } = await page(ada, path);
      expect(text).to.match(
        /failing (?:http\S+ )?since .* ago: The receiver answered 500\. Tried again on the schedule\./,
      );
    }
    expect(await counted('failing')).to.equal(before + 1);
    expect(await mails()).to.deep.equal([]);
  });

  it('is paused by failures: an audit row, a mail to each admin, a count, and what happens next on the pages', async () => {
    const before = await counted('paused');
    await paused();

    expect(await audit('webhook.paused')).to.deep.equal([
      { actor: 'Hookbell', details: { reason: 'Nothing but failures for 5 days' } },
    ]);
    const sent = await mails();
    expect(sent.map(({ recipient }) => recipient)).to.deep.equal(['grace@example.com', ada.email].sort());
    expect(sent[0].subject).to.equal(
      'Webhook to 127.0.0.1:PORT of Help desk is paused'.replace(
        '127.0.0.1:PORT',
        new URL(receiver.url).host,
      ),
    );
    expect(sent[0].text).to.match(/^Hookbell paused the webhook of Help desk that sends sync\.success to /);
    expect(sent[0].text).to.include('Why: Nothing but failures for 5 days.');
    expect(sent[0].text).to.include('The last attempt: The receiver answered 500.');
    expect(sent[0].text).to.match(
      /2 deliveries wait\. .* next on .* GMT\. As soon as the receiver takes it, all are sent/,
    );
    expect(sent[0].text).to.include(`${running.url}/app/webhooks/${hook.id}`);
    expect(sent[0].text).not.to.include('of-the-receiver');
    expect(await counted('paused')).to.equal(before + 1);

    const { text } = await page(agent, `/app/webhooks/${hook.id}`);
    expect(text).to.match(
      /Paused .*\. Nothing but failures for 5 days, since 5 days ago\. The latest: The receiver answered 500\./,
    );
    expect(text).to.match(
      /2 deliveries wait\. One of them is tried again in \d+ \w+, and then at growing intervals/,
    );
    expect(text).not.to.include('Try now');
    expect((await page(ada, '/app')).text).to.include('Events wait; one of them is tried from time to time.');
    const metrics = await (await fetch(`${running.url}/metrics`)).text();
    expect(metrics).to.include('hookbell_webhooks{health="paused"} 1');
    expect(metrics).to.include('hookbell_webhooks{health="healthy"} 0');
  });

  it('is resumed by itself: an audit row, a mail to each admin and a count', async () => {
    const before = await counted('resumed');
    await paused();
    await running.hookbell.deps.db('mails').delete();
    receiver.answer(200);
    const answer = await ada.submit(`/app/webhooks/${hook.id}`, {}, `/app/webhooks/${hook.id}/try`);
    expect(answer.status).to.equal(303);
    await eventually('its resumption', async () => (await webhook()).pausedAt === null);
    expect(await audit('webhook.resumed')).to.deep.equal([
      { actor: 'Hookbell', details: { reason: 'The receiver took a delivery again' } },
    ]);
    expect(await mails()).to.have.length(2);
    expect((await mails())[0].text).to.match(/^Hookbell resumed .*What waited is being sent/s);
    expect(await counted('resumed')).to.equal(before + 1);
    const { text } = await page(ada, `/app/webhooks/${hook.id}`);
    expect(text).not.to.match(/Paused|Failing/);
  });

  it('is disabled by a 410: an audit row, a mail to each admin, a count and a banner', async () => {
    const before = await counted('disabled');
    await gone();
    expect(await audit('webhook.disabled')).to.deep.equal([
      { actor: 'Hookbell', details: { reason: 'The receiver answered 410 Gone' } },
    ]);
    expect((await mails()).map(({ subject }) => subject.replace(/.* is/, 'is'))).to.deep.equal([
      'is disabled',
      'is disabled',
    ]);
    expect((await mails())[0].text).to.include('enable the webhook under Edit');
    expect(await counted('disabled')).to.equal(before + 1);
    const { text } = await page(ada, `/app/webhooks/${hook.id}`);
    expect(text).to.match(
      /Disabled\. The receiver answered 410 Gone\. Nothing was delivered since .* ago\. Events that happen now are not sent/,
    );
    expect((await page(ada, `/app/bots/${hook.botId}/webhooks`)).text).to.include(
      'The receiver answered 410 Gone. Events are not sent.',
    );
  });

  it('is told of once when a person pauses and resumes it, with the person’s name', async () => {
    receiver.answer(200);
    const { webhooks } = running.hookbell;
    for (const change of [webhooks.pause, webhooks.pause, webhooks.resume, webhooks.resume])
      await change(hook.id, admin, now());
    expect(await audit('webhook.paused')).to.deep.equal([{ actor: 'Ada (ada@example.com)', details: {} }]);
    expect(await audit('webhook.resumed')).to.have.length(1);
    const texts = (await mails()).filter(({ recipient }) => recipient === ada.email).map(({ text }) => text);
    expect(texts.sort()).to.have.length(2);
    expect(texts[0]).to.match(/^Ada paused .*until somebody resumes it/s);
    expect(texts[1]).to.match(/^Ada resumed /);
  });

  it('is in the answers of the API', async () => {
    await paused();
    const answer = await fetch(`${running.url}/api/v1/webhooks/${hook.id}`, {
      headers: { Authorization: `Bearer ${ada.key}` },
    });
    const shown = (await answer.json()) as Record<string, string>;
    expect(shown).to.include({
      health: 'paused',
      healthReason: 'Nothing but failures for 5 days; the latest: The receiver answered 500',
    });
    expect(Date.parse(shown.nextTryAt!) - Date.parse(shown.pausedAt!)).to.equal(5 * minute);
  });
});

describe('the standing of a webhook without SMTP_URL', () => {
  it('writes no mail', async () => {
    const running = await startHookbell({ background: false });
    await userIn(running.hookbell, 'admin');
    const hook = await makeHook(running, 'http://127.0.0.1:1');
    await running.hookbell.webhooks.pause(hook.id, admin, running.hookbell.deps.clock());
    expect(await running.hookbell.deps.db('mails')).to.deep.equal([]);
    await running.stop();
  });
});
