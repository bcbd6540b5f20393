import { expect } from 'chai';
import { tokenOf } from '../../src/receivers/address.js';
import { ownReceivers } from '../../src/receivers/own.js';
import { eventually } from '../support/eventually.js';
import { admin, emit, onlyDelivery } from '../support/outbox.js';
import { startReceiver } from '../support/receiver.js';
import type { Running } from '../support/server.js';
import { pointedAt, received, startStrict } from './house.js';

describe('the way to test receivers', () => {
  let running: Running;
  let token: string;
  let port: string;
  before(async () => {
    running = await startStrict();
    token = 'A'.repeat(43);
    port = new URL(running.url).port;
  });
  after(() => running.stop());

  const holes: [string, () => string][] = [
    ['a page', () => `${running.url}/app`],
    ['the metrics', () => `${running.url}/metrics`],
    ['the folder of receivers', () => `${running.url}/inbox/`],
    ['a way up', () => `${running.url}/inbox/${token}/../../app`],
    ['an escaped way up', () => `${running.url}/inbox/%2e%2e`],
    ['an escaped way up behind a token', () => `${running.url}/inbox/${token}/%2e%2e/%2e%2e/metrics`],
    ['backslashes', () => `${running.url}\\inbox\\${token}\\..\\..\\app`],
    ['something behind the token', () => `${running.url}/inbox/${token}/x`],
    ['a slash behind the token', () => `${running.url}/inbox/${token}/`],
    ['a token that is too long', () => `${running.url}/inbox/${token}A`],
    ['a token that is too short', () => `${running.url}/inbox/${token.slice(1)}`],
    ['a token that is escaped', () => `${running.url}/inbox/%41${token.slice(1)}`],
    ['two slashes', () => `${running.url}//inbox/${token}`],
    ['capitals', () => `${running.url}/INBOX/${token}`],
    ['a query', () => `${running.url}/inbox/${token}?a=b`],
    ['a fragment', () => `${running.url}/inbox/${token}#a`],
    ['a user', () => `${running.url.replace('//', '//ada:secret@')}/inbox/${token}`],
    ['another name of this machine', () => `http://localhost:${port}/inbox/${token}`],
    ['another scheme', () => `https://127.0.0.1:${port}/inbox/${token}`],
    ['the port of somebody else', () => `http://127.0.0.1:${Number(port) === 9 ? 10 : 9}/inbox/${token}`],
  ];
  for (const [what, address] of holes) {
    it(`is no way to ${what}: refused in the form, and when it is sent`, async () => {
      const { hook } = await pointedAt(running);
      const changed = running.hookbell.webhooks
        .change(hook.id, { targetUrl: address() }, admin, running.hookbell.deps.clock())
        .then(
          () => 'changed',
          (error: Error) => error.message,
        );
      expect(await changed).to.match(/127\.0\.0\.1|user name/);

      await running.hookbell.deps.db('webhooks').where({ id: hook.id }).update({ target_url: address() });
      await emit(running, hook.botId);
      const { attempts } = await eventually('it was tried', async () => {
        const found = await onlyDelivery(running, hook.id);
        return found.delivery.attempts === 1 && found;
      });
      expect(attempts[0]!.status).to.equal(null);
      expect(attempts[0]!.error).to.match(/^Not sent: /);
    });
  }

  it('is no way on for who is redirected', async () => {
    const elsewhere = await startReceiver();
    const { receiver, hook } = await pointedAt(running, { kind: '302', seconds: null });
    await emit(running, hook.botId);
    await received(running, receiver, 1);
    const { attempts } = await eventually('it was tried', async () => {
      const found = await onlyDelivery(running, hook.id);
      return found.delivery.attempts === 1 && found;
    });
    expect(attempts[0]).to.include({ status: 302 });
    expect(attempts[0]!.responseHeaders).to.include({ location: `${running.url}/` });
    expect(running.logged()).not.to.include('"path":"/"');
    await elsewhere.close();
  });

  it('leads to this process, whatever the public address resolves to', async () => {
    const behindProxy = await startStrict({ PUBLIC_URL: 'https://bots.example.com' });
    const { receiver, hook, url } = await pointedAt(behindProxy);
    expect(url).to.match(/^https:\/\/bots\.example\.com\/inbox\/[\w-]{43}$/);
    await emit(behindProxy, hook.botId);
    const [request] = await received(behindProxy, receiver, 1);
    expect(request!.verdict).to.include({ secret: 'matches', signature: 'verified' });
    await behindProxy.stop();
  });

  it('is there for the process that answers only', async () => {
    const url = `http://localhost:3000/inbox/${token}`;
    const { guard } = running.hookbell.deps;
    for (const role of ['web', 'worker'] as const) {
      const own = ownReceivers({ publicUrl: 'http://localhost:3000', role });
      own.listensAt(running.server.address());
      expect(own.agentFor(url), role).to.equal(null);
      expect(await own.known(guard).resolve(url), role).not.to.equal(null);
      await own.close();
    }
    const own = ownReceivers({ publicUrl: 'http://localhost:3000', role: 'all' });
    expect(own.agentFor(url), 'before it listens').to.equal(null);
    own.listensAt(running.server.address());
    expect(own.agentFor(url)).not.to.equal(null);
    expect(own.agentFor('http://localhost:3000/app')).to.equal(null);
    expect(own.known(guard).inspect('http://127.0.0.1/')).not.to.equal(null);
    await own.close();
  });

  it('takes a URL as it is requested, not as it is written', () => {
    const publicUrl = 'http://localhost:3000';
    expect(tokenOf(publicUrl, `HTTP://LOCALHOST:3000/x/../inbox/${token}`)).to.equal(token);
    expect(tokenOf('https://a.example', `https://a.example:443/inbox/${token}`)).to.equal(token);
    expect(tokenOf(publicUrl, 'not a URL')).to.equal(null);
  });
});
