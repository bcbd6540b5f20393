import { once } from 'node:events';
import { expect } from 'chai';
import { receiverPrograms } from '../../src/webhooks/receiverPrograms.js';
import { eventually } from '../support/eventually.js';
import { emit, type Hook, makeHook, admin as somebody } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Program, program } from '../support/processes.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';

type Change = (headers: Record<string, string>, body: string) => { headers?: object; body?: string };

const minute = 60_000;
const commands: Record<string, [command: string, file: string]> = {
  JavaScript: [process.execPath, 'receiver.mjs'],
  Python: ['python3', 'receiver.py'],
};

describe('the receiver programs', () => {
  let running: Running;
  let admin: Person;
  before(async () => {
    // What was refused is not tried again while the clock is moved about.
    running = await startHookbell({ env: { RETRY_SCHEDULE: '300d' } });
    admin = await person(running);
  });
  after(() => running.stop());

  it('are shown as they are tested, beside the webhook, with no secret in them', async () => {
    const relay = await startReceiver();
    const { id, secret, signingSecret } = await makeHook(running, relay.url);
    const { $, text } = await admin.get(`/app/webhooks/${id}/receiver`);
    expect(
      $('details h2')
        .toArray()
        .map((title) => $(title).text()),
    ).to.deep.equal(['JavaScript', 'Python', 'Go', 'PHP', 'Ruby']);
    for (const { id: language, code, file } of receiverPrograms) {
      expect($(`#${language}-code`).text(), language).to.equal(code);
      const address = $(`#${language} a[download]`).attr('href')!;
      expect(address).to.include(`/${file}?`);
      expect(await fetch(running.url + address).then((answer) => answer.text()), language).to.equal(code);
      expect($(`#${language} button[data-copy="#${language}-code"]`).length, language).to.equal(1);
    }
    expect(text).not.to.include(secret).and.not.to.include(signingSecret);
    expect(
      (await admin.get(`/app/webhooks/${id}`)).$(`a[href="/app/webhooks/${id}/receiver"]`).length,
    ).to.be.at.least(1);
    await relay.close();
  });

  for (const [name, [command, file]] of Object.entries(commands)) {
    describe(`in ${name}`, () => {
      let relay: Receiver;
      let hook: Hook;
      let child: Program;
      let target: string;
      let heard: number;
      const children: Program[] = [];

      beforeEach(async () => {
        relay = await startReceiver();
        hook = await makeHook(running, relay.url);
        ({ child, target } = await started(hook));
        through(() => ({}));
        heard = 0;
      });
      afterEach(async () => {
        for (const one of children) one.child.kill();
        await Promise.all([relay.close(), ...children.splice(0).map((one) => one.finished)]);
      });

      async function started({ secret, signingSecret }: Pick<Hook, 'secret' | 'signingSecret'>) {
        const env = { HOOKBELL_SECRET: secret, HOOKBELL_SIGNING_SECRET: signingSecret!, PORT: '0' };
        const one = program(command, [`public/receivers/${file}`], env);
        children.push(one);
        const [line] = await once(one.child.stdout!, 'data');
        return { child: one, target: /http:\S+/.exec(String(line))![0] };
      }

      /** What Hookbell sends goes through `change` on its way to the program, and its answer back. */
      function through(change: Change) {
        relay.answer(async (_req, res, { headers, body }) => {
          const { 'content-length': _length, connection: _connection, host: _host, ...rest } = headers;
          const changed = { headers: {}, body, ...change(headers, body) };
          const sent = { ...rest, ...changed.headers } as Record<string, string>;
          const answer = await fetch(target, { method: 'POST', headers: sent, body: changed.body });
          res.writeHead(answer.status).end();
        });
      }

      /** One event through the outbox; how its first attempt was answered, and what the program said of it. */
      async function verdict(): Promise<string> {
        const { deliveries } = running.hookbell;
        await emit(running, hook.botId);
        const [delivery] = await deliveries.listOf(hook.id, null, { limit: 1, after: null });
        const attempt = await eventually(`${delivery!.id} is answered`, async () => {
          return (await deliveries.withAttempts(somebody, delivery!.id)).attempts[0];
        });
        if (attempt.error === null) {
          const line = await eventually('the program says so', () =>
            child
              .printed()
              .split('\n')
              .find((printed) => printed.startsWith(delivery!.id)),
          );
          expect(line.slice(delivery!.id.length)).to.match(/^ sync\.success \{"success": ?true/);
          return String(attempt.status);
        }
        const said = await eventually('the program says why', () =>
          /refused: (.+)/.exec(child.complained().slice(heard)),
        );
        heard = child.complained().length;
        return `${attempt.status} ${said[1]}`;
      }

      it('takes what is right, and nothing that was changed on the way', async () => {
        expect(await verdict()).to.equal('204');
        const wrong = '401 wrong webhook-signature';
        const changes: [Change, string][] = [
          [(_headers, body) => ({ body: `${body} ` }), wrong],
          [(_headers, body) => ({ body: JSON.stringify(JSON.parse(body), null, 1) }), wrong],
          [(_headers, body) => ({ body: body.replace('true', 'false') }), wrong],
          [() => ({ headers: { 'webhook-id': 'msg_other' } }), wrong],
          [
            (headers) => ({
              headers: { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) },
            }),
            wrong,
          ],
          [() => ({ headers: { 'webhook-signature': '' } }), wrong],
          [
            (headers) => ({ headers: { 'webhook-signature': headers['webhook-signature']!.slice(3) } }),
            wrong,
          ],
          [() => ({ headers: { 'webhook-timestamp': 'NaN' } }), '401 webhook-timestamp is not of now'],
          [() => ({ headers: { 'x-secret-key': '' } }), '401 wrong X-Secret-Key'],
          [
            (headers) => ({ headers: { 'x-secret-key': `${headers['x-secret-key']}x` } }),
            '401 wrong X-Secret-Key',
          ],
        ];
        for (const [change, expected] of changes) {
          through(change);
          expect(await verdict(), String(change)).to.equal(expected);
        }
        through((headers) => ({
          headers: { 'webhook-signature': `v1a,else v1,wrong ${headers['webhook-signature']}` },
        }));
        expect(await verdict()).to.equal('204');
      });

      it('refuses what was signed more than five minutes ago, or will be', async () => {
        for (const [ago, expected] of [
          [4, '204'],
          [6, '401 webhook-timestamp is not of now'],
          [-4, '204'],
          [-6, '401 webhook-timestamp is not of now'],
        ] as const) {
          running.pass(-ago * minute);
          const given = await verdict().finally(() => running.pass(ago * minute));
          expect(given, `${ago} minutes ago`).to.equal(expected);
        }
      });

      it('notices a new secret at once', async () => {
        const { webhooks } = running.hookbell;
        await webhooks.rotateSecret(hook.id, undefined, somebody, Date.now());
        expect(await verdict()).to.equal('401 wrong X-Secret-Key');
      });

      it('verifies with the old signing secret and with the new one as long as both sign', async () => {
        const { webhooks, deps } = running.hookbell;
        const { signingSecret } = await webhooks.rotateSigningSecret(hook.id, minute, somebody, deps.clock());
        expect(await verdict(), 'the old one').to.equal('204');
        const next = await started({ ...hook, signingSecret });
        const old = { child, target };
        ({ child, target } = next);
        expect(await verdict(), 'the new one').to.equal('204');
        running.pass(2 * minute);
        try {
          expect(await verdict(), 'the new one, later').to.equal('204');
          ({ child, target } = old);
          expect(await verdict(), 'the old one, later').to.equal('401 wrong webhook-signature');
        } finally {
          running.pass(-2 * minute);
        }
      });
    });
  }
});
