import { expect } from 'chai';
import { visitorOf } from './chat.js';
import { type House, openBot, startHouse } from './house.js';

describe('the mail about an escalation', () => {
  let house: House;

  before(async () => {
    house = await startHouse({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } });
  });

  after(() => house.stop());

  const mails = () => house.hookbell.deps.db('mails');

  async function botWith(notificationEmail: string | null) {
    return (await openBot(house, [], { name: 'Help desk\nBcc: eve@example.com', notificationEmail })).id;
  }

  it('is written with the escalation, once, with what was said last', async () => {
    const robin = visitorOf(house.url, await botWith('desk@example.com'));
    await robin.start('<b>Where</b> is my parcel?');
    await robin.escalate('robin@example.com');
    await robin.escalate('robin@example.com');

    const [mail, ...more] = await mails();
    expect(more).to.deep.equal([]);
    expect(mail).to.include({
      recipient: 'desk@example.com',
      subject: 'robin@example.com asks for a human on Help desk Bcc: eve@example.com',
      status: 'pending',
      attempts: 0,
    });
    expect(mail.text).to.contain('visitor: <b>Where</b> is my parcel?');
    expect(mail.text).to.contain(`${house.url}/app/conversations/${robin.id}`);
  });

  it('is not written when the escalation is refused, or nobody wants it', async () => {
    await mails().delete();
    const refused = visitorOf(house.url, await botWith('desk@example.com'));
    await refused.start('Hi');
    await refused.escalate('robin');
    const silent = visitorOf(house.url, await botWith(null));
    await silent.start('Hi');
    await silent.escalate('robin@example.com');
    expect(await mails()).to.deep.equal([]);
  });
});
