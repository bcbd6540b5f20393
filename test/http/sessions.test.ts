import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { sessions } from '../../src/http/sessions.js';
import { type Running, startHookbell } from '../support/server.js';

describe('a session', () => {
  let running: Running;
  let server: Server;
  before(async () => {
    running = await startHookbell({ background: false });
    const app = express();
    app.use(sessions(running.hookbell.deps));
    app.post('/notice', (req, res) => {
      req.session.notice = 'Saved';
      res.redirect(303, '/notice');
    });
    app.get('/notice', (req, res) => void res.json({ notice: req.session.notice ?? null }));
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  after(async () => {
    server.close();
    await running.stop();
  });

  it('is read as it is being written: a browser follows a redirect by its first lines', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notice`;
    const writing = await running.hookbell.deps.db.transaction();
    const { headers } = await fetch(url, { method: 'POST', redirect: 'manual' });
    const [Cookie = ''] = headers.get('set-cookie')!.split(';');
    const followed = fetch(url, { headers: { Cookie } }).then((answer) => answer.json());
    // Whoever does not wait has answered before a read that was asked for later.
    await (await fetch(url)).json();
    await writing.rollback();

    expect(await followed).to.deep.equal({ notice: 'Saved' });
  });
});
