import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { freePort, serve, temporaryFolder } from '../support/processes.js';
import { startHookbell } from '../support/server.js';
import { botInSlack, callAsSlack, eventOf, mention } from './house.js';
import { startSlack } from './slackServer.js';

describe('an answer for Slack', () => {
  it('is not lost when the process is killed while it sends it', async () => {
    const slack = await startSlack();
    const dataDir = temporaryFolder();
    const setUp = await startHookbell({ dataDir });
    const { databaseUrl } = setUp.hookbell.deps.config;
    const { path } = await botInSlack(setUp, slack);
    await setUp.stop({ keep: true });
    const PORT = await freePort();
    const env = {
      DATA_DIR: dataDir,
      PORT,
      HOST: '127.0.0.1',
      OUTBOUND_ALLOW: '127.0.0.1',
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    };
    const url = `http://127.0.0.1:${PORT}`;
    const isReady = () =>
      eventually('it is ready', async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok);

    const letGo = slack.hold();
    const first = serve(env);
    await isReady();
    expect((await callAsSlack(url, path, eventOf(mention('Returned?')), Date.now())).status).to.equal(200);
    await eventually('it is being sent', () => slack.calls.some(([method]) => method === 'chat.postMessage'));
    first.child.kill('SIGKILL');
    await first.finished;
    letGo();
    expect(slack.posted).to.deep.equal([]);

    const second = serve(env);
    await eventually('it is sent', () => slack.posted.length > 0);

    expect(slack.posted).to.have.lengthOf(1);
    expect(slack.posted[0]!.text).to.include('thirty days');
    second.child.kill('SIGTERM');
    expect((await second.finished).code).to.equal(0);
    await slack.close();
  });
});
