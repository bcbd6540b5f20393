import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { hesitant, type Model, startModel } from '../answers/model.js';
import { type House, openBot, startHouse } from '../conversations/house.js';
import { openBrowser, openContext } from '../support/browser.js';

describe('the chat page', () => {
  let browser: Browser;
  let model: Model;
  let house: House;
  let bot: string;
  before(async function () {
    browser = await openBrowser(this);
    model = await startModel();
    house = await startHouse({ env: { OPENAI_BASE_URL: model.baseUrl, OPENAI_MODEL: 'small' } });
    ({ id: bot } = await openBot(house));
  });
  after(async () => {
    await browser?.close();
    await house?.stop();
    await model?.close();
  });

  const open = () => openContext(browser, { baseURL: house.url });
  const log = (page: Page) => page.getByRole('log');

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Message').fill(text);
    await page.getByLabel('Message').press('Enter');
    await log(page).getByText(text, { exact: true }).waitFor();
  }

  it('shows a model’s reply while it comes, here and in another tab, and once in the end', async () => {
    const { context, page, errors } = await open();
    const { behaviour, goOn } = hesitant('You may return it ', 'within 30 days.');
    model.does(behaviour);
    await page.goto(`/chat/${bot}`);
    await say(page, 'Can I return it?');
    await page.locator('#draft').getByText('You may return it', { exact: true }).waitFor();

    const other = await context.newPage();
    await other.goto(`/chat/${bot}`);
    await log(other).getByText('Can I return it?', { exact: true }).waitFor();
    await other.locator('#draft').getByText('You may return it', { exact: true }).waitFor();
    goOn();
    for (const tab of [page, other]) {
      await log(tab).getByText('You may return it within 30 days.', { exact: true }).waitFor();
      await tab.locator('#draft').waitFor({ state: 'hidden' });
      expect(await log(tab).locator('.text').allInnerTexts()).to.deep.equal([
        'Hello there!',
        'Can I return it?',
        'You may return it within 30 days.',
      ]);
    }
    expect(errors).to.deep.equal([]);
    await context.close();
  });

  it('says when a conversation is gone, gives back what was written, and begins another', async () => {
    const { context, page } = await open();
    model.does(({ begin, say, end }) => {
      begin();
      say('Yes.');
      end();
    });
    await page.goto(`/chat/${bot}`);
    await say(page, 'First');
    await log(page).getByText('Yes.', { exact: true }).waitFor();
    const { db } = house.hookbell.deps;
    await db('messages').delete();
    await db('conversations').delete();

    await page.getByLabel('Message').fill('Second');
    await page.getByLabel('Message').press('Enter');
    await page.getByText('The conversation has ended. Write to begin another one.').waitFor();
    expect(await page.getByLabel('Message').inputValue()).to.equal('Second');
    expect(await log(page).locator('.text').allInnerTexts()).to.deep.equal(['Hello there!']);
    await page.getByLabel('Message').press('Enter');
    await log(page).getByText('Yes.', { exact: true }).waitFor();
    expect(await log(page).locator('.text').allInnerTexts()).to.deep.equal([
      'Hello there!',
      'Second',
      'Yes.',
    ]);
    await context.close();
  });

  it('says how long to wait when a visitor writes too much', async () => {
    const { context, page } = await open();
    await page.goto(`/chat/${bot}`);
    await say(page, 'First');
    await log(page).getByText('Yes.', { exact: true }).waitFor();
    const [{ id }] = await house.hookbell.deps.db('conversations').orderBy('created_at', 'desc').limit(1);
    for (let number = 2; number <= 20; number++) {
      await house.conversations.visitorSays(id, { content: 'x', clientId: `c${number}` }, null, house.now());
    }
    await page.getByLabel('Message').fill('One too many');
    await page.getByLabel('Message').press('Enter');
    await page.getByText(/^Your message was not sent\. At most 20 messages/).waitFor();
    expect(await page.getByLabel('Message').inputValue()).to.equal('One too many');
    await context.close();
  });
});
