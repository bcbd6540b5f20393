import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { visitorOf } from '../conversations/chat.js';
import { inScheme, openBrowser, openContext, signIn } from '../support/browser.js';
import { caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, password, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const types = [
  'conversation.started',
  'conversation.escalated',
  'conversation.claimed',
  'conversation.released',
];

type Finding = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] };
type Seat = { person: Person; context: BrowserContext; page: Page; errors: string[] };

describe('the inbox, with two agents and a visitor', () => {
  let browser: Browser;
  let running: Running;
  let receiver: Receiver;
  let bot: string;
  const signing = new Map<string, string>();
  let robin: Seat;
  let sam: Seat;
  before(async function () {
    browser = await openBrowser(this);
    running = await startHookbell();
    receiver = await startReceiver();
    const admin = await person(running);
    const api = caller(running.url, admin.key);
    bot = (await api.post('/bots', { name: 'Help desk', humanTakeover: true })).body.id;
    for (const type of types) {
      const { body } = await api.post(`/bots/${bot}/webhooks`, { type, targetUrl: receiver.url });
      signing.set(type, body.signingSecret);
    }
    const agents = [await person(running, 'agent'), await person(running, 'agent')];
    await running.hookbell.bots.setAgents(
      bot,
      agents.map(({ id }) => id),
      { ...admin, name: 'Ada', role: 'admin' },
      1,
    );
    [robin, sam] = (await Promise.all(agents.map(sit))) as [Seat, Seat];
  });
  after(async () => {
    await browser?.close();
    await receiver?.close();
    await running?.stop();
  });

  async function sit(someone: Person): Promise<Seat> {
    const opened = await openContext(browser, { baseURL: running.url, reducedMotion: 'reduce' });
    await opened.context.addInitScript({ path: axe });
    await signIn(opened.page, someone, password);
    return { ...opened, person: someone };
  }

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const row = (page: Page, email: string) => page.getByRole('listitem').filter({ hasText: email });
  const claimIn = (page: Page, email: string) =>
    row(page, email).getByRole('button', { name: 'Claim', exact: true });
  // What waits inside the page itself is refused by the page's policy, unless it is so at once.
  const becomes = (page: Page, expression: string) =>
    eventually(expression, () => page.evaluate<boolean>(expression));
  const titled = (page: Page, title: string) => becomes(page, `document.title === ${JSON.stringify(title)}`);

  it('goes from the first message to the hand-back without a reload, and four events tell of it', async () => {
    for (const { page } of [robin, sam]) {
      await page.evaluate(`document.addEventListener('htmx:sseOpen', ({ target }) => {
        if (target.getAttribute('sse-connect') === '/app/inbox/live') window.listens = true;
      })`);
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Inbox' }).click();
      await page.getByRole('heading', { name: 'Nobody waits for a human' }).waitFor();
      await page.evaluate('window.stays = true');
    }
    await button(robin.page, 'Sound').click();
    expect(await button(robin.page, 'Sound').getAttribute('aria-pressed')).to.equal('true');
    await robin.page.evaluate("document.addEventListener('sse:escalated', () => { window.heard = true; })");
    // What was said before the stream was open would be seen, and not heard.
    await becomes(robin.page, 'window.listens');

    const visitor = visitorOf(running.url, bot);
    await visitor.start('My parcel is late');
    await visitor.escalate('ann@example.com');
    for (const { page } of [robin, sam]) {
      await claimIn(page, 'ann@example.com').waitFor();
      await titled(page, '(1) Inbox · Hookbell');
      await page.getByRole('link', { name: 'Inbox 1 waiting' }).waitFor();
    }
    await becomes(robin.page, 'window.heard');

    // Sam's click is on its way when Robin's has won.
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await sam.page.route('**/claim', async (route) => {
      await held;
      await route.continue();
    });
    const isOnItsWay = sam.page.waitForRequest('**/claim');
    await claimIn(sam.page, 'ann@example.com').click();
    await isOnItsWay;
    await claimIn(robin.page, 'ann@example.com').click();
    await robin.page.getByLabel('Your reply').waitFor();
    letGo();
    await sam.page
      .getByRole('alert')
      .filter({ hasText: `(${robin.person.email}) has claimed this conversation` })
      .waitFor();
    expect(sam.errors.filter((error) => !error.includes('409'))).to.deep.equal([]);
    sam.errors.length = 0;
    expect(new URL(sam.page.url()).pathname).to.equal(`/app/conversations/${visitor.id}`);

    // What is being typed stays while messages come.
    const field = robin.page.getByLabel('Your reply');
    await field.pressSequentially('I am loo');
    await visitor.say('Are you there?');
    for (const { page } of [robin, sam]) await page.getByRole('log').getByText('Are you there?').waitFor();
    expect(await field.inputValue()).to.equal('I am loo');
    await field.pressSequentially('king');
    await field.press('Enter');
    for (const { page } of [robin, sam]) await page.getByRole('log').getByText('I am looking').waitFor();
    await becomes(
      robin.page,
      "document.querySelector('#reply').value === '' && document.activeElement.id === 'reply'",
    );
    expect(await robin.page.getByRole('log').getByText('I am looking').count()).to.equal(1);

    await button(robin.page, 'Hand back to bot').click();
    for (const { page } of [robin, sam])
      await page.getByRole('log').getByText('left. The bot answers again.').waitFor();
    await robin.page.getByLabel('Your reply').waitFor({ state: 'detached' });
    await sam.page.locator('#state').getByText('Resolved').waitFor();
    await button(sam.page, 'Claim').waitFor();
    for (const { page, errors } of [robin, sam]) {
      expect(await page.evaluate('window.stays')).to.equal(true);
      expect(errors).to.deep.equal([]);
    }

    const received = await receiver.wait(4);
    for (const { headers, body } of received) {
      new Webhook(signing.get(headers['x-hookbell-event']!)!).verify(body, headers);
    }
    const events = new Map(received.map(({ body }) => [JSON.parse(body).event, body]));
    const times = types.map((type) => JSON.parse(events.get(type)!).timestamp);
    expect(times).to.deep.equal([...times].sort());
    const [started, escalated, claimed, released] = times;
    const createdAt = JSON.parse(events.get('conversation.started')!).conversation.createdAt;
    const it = { id: visitor.id, botId: bot, botName: 'Help desk', channelType: 'web' };
    const { name, email } = await agentOf(robin);
    const expected: [string, object][] = [
      [started, { conversation: { ...it, initialMessage: 'My parcel is late', createdAt } }],
      [
        escalated,
        { conversation: { ...it, state: 'Escalated', userData: {} }, userEmail: 'ann@example.com' },
      ],
      [claimed, { conversation: { ...it, state: 'Active' }, agent: { name, email } }],
      [released, { conversation: { ...it, state: 'Resolved' }, agent: { name } }],
    ];
    expected.forEach(([timestamp, rest], at) => {
      const type = types[at]!;
      expect(events.get(type)).to.equal(JSON.stringify({ event: type, timestamp, ...rest }));
    });
  });

  async function agentOf({ person: { id } }: Seat) {
    return (await running.hookbell.accounts.find(id))!;
  }

  it('keeps what is typed when the server’s streams begin anew', async () => {
    const visitor = visitorOf(running.url, bot);
    await visitor.start('Hello again');
    await visitor.escalate('ben@example.com');
    const { page } = robin;
    await page.goto(`/app/conversations/${visitor.id}`);
    await button(page, 'Claim').click();
    await page.getByLabel('Your reply').fill('Half a sen');
    running.hookbell.deps.live.close();
    await visitor.say('Said while nobody listened');
    await page.getByRole('log').getByText('Said while nobody listened').waitFor();
    // The browser notes that the streams broke off.
    for (const { errors } of [robin, sam]) errors.length = 0;
    expect(await page.getByLabel('Your reply').inputValue()).to.equal('Half a sen');
    expect(await page.getByRole('log').getByText('Hello again').count()).to.equal(1);

    await page.getByLabel('Transfer to').selectOption(sam.person.id);
    await button(page, 'Transfer').click();
    await page.getByText('Only they can write.').waitFor();
    await sam.page.goto('/app/inbox');
    await sam.page.getByRole('region', { name: 'Yours' }).getByText('ben@example.com').waitFor();
  });

  it('has no serious finding of axe, and nothing to scroll sideways on a phone', async () => {
    const visitor = visitorOf(running.url, bot);
    await visitor.start('a-very-long-word-'.repeat(20));
    await visitor.escalate(`${'c'.repeat(60)}@example.com`);
    const rows = await running.hookbell.deps.db('conversations').select('id', 'state');
    const pages = [
      '/app/inbox',
      `/app/bots/${bot}/conversations`,
      ...rows.map(({ id }) => `/app/conversations/${id}`),
    ];
    const found: string[] = [];
    async function look(page: Page): Promise<void> {
      for (const path of pages) {
        await page.setViewportSize({ width: 1280, height: 900 });
        await page.goto(path);
        await inScheme(page, 'light');
        for (const finding of await findings(page)) found.push(`${path} light ${finding}`);
        await inScheme(page, 'dark');
        // Only colours differ.
        for (const finding of await findings(page, ['color-contrast', 'link-in-text-block']))
          found.push(`${path} dark ${finding}`);
        await page.setViewportSize({ width: 390, height: 844 });
        const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        if (over > 0) found.push(`${path} is ${over} px too wide`);
      }
    }
    await Promise.all([look(robin.page), look(sam.page)]);
    expect(found.join('\n\n')).to.equal('');
    expect([...robin.errors, ...sam.errors]).to.deep.equal([]);
  });

  async function findings(page: Page, rules?: string[]): Promise<string[]> {
    const options = { resultTypes: ['violations'], preload: false, ...(rules && { runOnly: rules }) };
    const { violations } = await page.evaluate<{ violations: Finding[] }>(
      `axe.run(document, ${JSON.stringify(options)})`,
    );
    return violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
      );
  }
});
