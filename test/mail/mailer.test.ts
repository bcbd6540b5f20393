import { expect } from 'chai';
import { mailer } from '../../src/mail/mailer.js';
import { smtpTransport } from '../../src/mail/smtp.js';
import { mailStore } from '../../src/mail/store.js';
import { type House, startHouse } from '../conversations/house.js';
import { type SmtpServer, startSmtpServer } from './smtpServer.js';

const minute = 60_000;

describe('mails', () => {
  let server: SmtpServer;
  let house: House;
  let post: ReturnType<typeof mailer>;

  before(async () => {
    server = await startSmtpServer();
    house = await startHouse({ env: { SMTP_URL: server.url, MAIL_FROM: 'Desk <desk@example.com>' } });
    post = mailer(house.hookbell.deps, smtpTransport(house.hookbell.deps.config));
  });

  after(async () => {
    post.stop();
    await house.stop();
    await server.close();
  });

  beforeEach(() => {
    server.letters.length = 0;
    server.refuse(null);
  });

  const mails = () => house.hookbell.deps.db('mails').orderBy('created_at', 'desc');
  const write = (mail: object = {}) =>
    mailStore(house.hookbell.deps.db).append(
      { to: 'desk@example.com', subject: 'Hello', text: 'Some text', ...mail },
      house.now(),
    );

  it('are sent once, as plain text', async () => {
    await write({ text: 'Grüße 👋\n<script>alert(1)</script>' });
    await Promise.all([post.sweep(house.now()), post.sweep(house.now())]);
    await post.sweep(house.now() + 60 * minute);

    expect(server.letters).to.have.length(1);
    const [{ to, text }] = server.letters as [{ to: string[]; text: string }];
    expect(to).to.deep.equal(['desk@example.com']);
    expect(text).to.match(/^From: Desk <desk@example.com>$/m);
    expect(text).to.match(/^Subject: Hello\r$/m);
    expect(text).to.match(/^Content-Type: text\/plain; charset=utf-8/m);
    expect(text).to.match(/^Message-ID: <[\w-]{36}@127\.0\.0\.1>/m);
    expect((await mails())[0]).to.include({ status: 'sent', attempts: 1, next_attempt_at: null });
  });

  it('have one recipient and one subject, whatever stands in them', async () => {
    await write({ subject: 'Hi\r\nBcc: everybody@example.com', to: 'desk@example.com, eve@example.com' });
    await write({ subject: 'Hi\r\nBcc: everybody@example.com\r\n\r\nBody' });
    await post.sweep(house.now());
    for (const { to, text } of server.letters) {
      expect(to).to.not.include('everybody@example.com');
      expect(to).to.not.include('eve@example.com');
      expect(text).to.not.match(/^Bcc:/m);
    }
  });

  it('wait and are tried again when the server cannot take them now', async () => {
    server.refuse(451);
    await write();
    const before = server.attempts();
    await post.sweep(house.now());
    expect((await mails())[0]).to.include({ status: 'pending', attempts: 1 });
    await post.sweep(house.now());
    expect(server.attempts() - before).to.equal(1);

    server.refuse(null);
    house.pass(minute);
    await post.sweep(house.now());
    expect((await mails())[0]).to.include({ status: 'sent', attempts: 2 });
    expect(server.letters).to.have.length(1);
  });

  it('are given up at once when the server says never, and after two days when nobody is there', async () => {
    server.refuse(550);
    await write();
    await post.sweep(house.now());
    expect((await mails())[0]).to.include({ status: 'failed', attempts: 1 });

    const nowhere = mailer(
      house.hookbell.deps,
      smtpTransport({ ...house.hookbell.deps.config, smtpUrl: 'smtp://127.0.0.1:1' }),
    );
    house.pass(1000);
    await write();
    const began = house.now();
    for (let hours = 0; hours < 60; hours++) {
      await nowhere.sweep(house.now());
      if ((await mails())[0].status === 'failed') break;
      house.pass(60 * minute);
    }
    nowhere.stop();
    const [mail] = await mails();
    expect(mail).to.include({ status: 'failed', attempts: 9 });
    expect(mail.last_error).to.match(/ECONNREFUSED/);
    expect(house.now() - began).to.be.within(24 * 60 * minute, 60 * 60 * minute);
  });

  it('are removed after the retention', async () => {
    await post.prune(house.now());
    expect(await mails()).to.not.deep.equal([]);
    house.pass(31 * 24 * 60 * minute);
    await post.prune(house.now());
    expect(await mails()).to.deep.equal([]);
  });
});
