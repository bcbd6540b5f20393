import { expect } from 'chai';
import { calls, eventsOf, type House, hire, openBot, startHouse, teach } from '../conversations/house.js';
import { type Page, visitor } from '../support/visitor.js';

describe('the chat without JavaScript', () => {
  let house: House;
  before(async () => {
    house = await startHouse();
  });
  after(() => house.stop());

  /** Fills in the form that this page shows, and sends it. */
  async function sendFrom(page: Page, form: 'composer' | 'human', fields: Record<string, string>) {
    const shown = page.$(`#${form}`);
    const given = Object.fromEntries(shown.serializeArray().map(({ name, value }) => [name, value]));
    return visitor(house.url).post(shown.attr('action')!, { ...given, ...fields });
  }

  const texts = ({ $ }: Page) =>
    $('#log .text')
      .map((_at, text) => $(text).text())
      .get();

  async function openPage(changes: object = {}): Promise<{ id: string; page: Page }> {
    const { id } = await openBot(house, [], changes);
    return { id, page: await visitor(house.url).get(`/chat/${id}`) };
  }

  it('answers by the bot’s documents, with links to http only', async () => {
    const { id, page } = await openPage();
    await teach(house, id, [
      {
        title: 'Returns',
        text: 'You may return an item within 30 days.',
        url: 'https://shop.example/returns',
      },
      { title: 'Refunds', text: 'We refund an item that you return.', url: 'javascript:alert(1)' },
    ]);
    const answer = await sendFrom(page, 'composer', { content: 'Can I return an item?' });
    expect(answer.status).to.equal(200);
    expect(texts(answer)[2]).to.include('within 30 days');
    const links = answer.$('.sources a');
    expect(links.map((_at, link) => answer.$(link).attr('href')).get()).to.deep.equal([
      'https://shop.example/returns',
    ]);
    expect(links.attr('rel')).to.equal('noreferrer noopener');
  });

  it('says a thing once, however often the form is sent', async () => {
    const { id, page } = await openPage();
    const first = await sendFrom(page, 'composer', { content: 'Hello' });
    const again = await sendFrom(page, 'composer', { content: 'Hello' });
    expect(texts(again)).to.deep.equal(texts(first));
    const second = await sendFrom(again, 'composer', { content: 'Hello' });
    expect(texts(second).filter((text) => text === 'Hello')).to.have.length(2);
    const admin = await hire(house, 'admin');
    expect((await calls(house, admin).get(`/bots/${id}/conversations`)).body.data).to.have.length(1);
  });

  it('asks for a human, after a bad e-mail address too, and takes it back', async () => {
    const { page } = await openPage();
    const fields = { action: 'escalate', content: 'My parcel is lost' };
    const bad = await sendFrom(page, 'human', { ...fields, userEmail: 'nobody' });
    expect(bad.status).to.equal(422);
    expect(bad.$('#email-problem').text()).to.equal('Not an e-mail address');
    const good = await sendFrom(bad, 'human', { ...fields, userEmail: 'v@example.com' });
    expect(good.$('#standing-text').text()).to.include('Someone was told');
    const back = await sendFrom(good, 'composer', { action: 'cancel' });
    expect(back.$('#standing-text').text()).to.equal('');
    const id = String(back.$('#composer [name=conversation]').val());
    const events = (await eventsOf(house, id)).map((body) => JSON.parse(body).event);
    expect(events).to.deep.equal(['conversation.started', 'conversation.escalated']);
  });

  it('shows what came meanwhile', async () => {
    const { page } = await openPage();
    const talking = await sendFrom(page, 'composer', { content: 'Hello' });
    const ada = await hire(house, 'admin');
    const conversation = `/conversations/${talking.$('#composer [name=conversation]').val()}`;
    await calls(house, ada).post(`${conversation}/claim`);
    await calls(house, ada).post(`${conversation}/messages`, { content: '<b>Hi</b>', from: 'agent' });
    const later = await sendFrom(talking, 'composer', { action: 'look', content: '' });
    expect(texts(later).slice(-2)).to.deep.equal([`${ada.name} joined the conversation.`, '<b>Hi</b>']);
    expect(later.$('#standing-text').text()).to.equal(`${ada.name} is in this conversation.`);
  });

  it('shows nobody else’s conversation, and refuses forms that are not ours', async () => {
    const { id, page } = await openPage();
    const mine = await sendFrom(page, 'composer', { content: 'A secret' });
    const conversation = String(mine.$('#composer [name=conversation]').val());
    const other = await visitor(house.url).get(`/chat/${id}`);
    const stolen = await sendFrom(other, 'composer', { conversation, action: 'look' });
    expect(stolen.status).to.equal(404);
    expect(stolen.text).not.to.include('A secret');
    expect((await visitor(house.url).post(`/chat/${id}`, { content: 'Hello' })).status).to.equal(403);
  });

  it('keeps what was typed when it is refused', async () => {
    const { page } = await openPage();
    const answer = await sendFrom(page, 'composer', { content: 'x'.repeat(8001) });
    expect(answer.status).to.equal(422);
    expect(answer.$('#problem').text()).to.not.equal('');
    expect(answer.$('#content').text()).to.have.length(8001);
  });
});
