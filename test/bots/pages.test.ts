import { expect } from 'chai';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

describe('the pages of bots', () => {
  let running: Running;
  let admin: Person;
  let agent: Person;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running, 'admin');
    agent = await person(running, 'agent');
  });
  after(() => running.stop());

  async function bot(name: string): Promise<string> {
    const answer = await admin.submit('/app/bots/new', { name });
    return String(leadsTo(answer)).split('/').at(-1)!;
  }

  it('invite to make the first one', async () => {
    const empty = await startHookbell({ background: false });
    try {
      const someone = await person(empty);
      expect((await someone.get('/app/bots')).$('h2').text()).to.equal('Make your first bot');
      const other = await person(empty, 'agent');
      expect((await other.get('/app/bots')).$('h2').text()).to.equal('No bot was given to you yet');
      expect((await other.get('/app/bots')).$('a[href="/app/bots/new"]')).to.have.length(0);
    } finally {
      await empty.stop();
    }
  });

  it('create one', async () => {
    const id = await bot('Shop');
    expect((await admin.get('/app/bots')).$(`a[href="/app/bots/${id}"]`).text()).to.equal('Shop');
    expect(
      (await running.hookbell.bots.seenBy({ ...admin, role: 'admin', name: '' }, id)).welcomeMessage,
    ).to.equal('Hello! How can I help?');
  });

  it('say at the field what is wrong, and keep what was typed', async () => {
    const input = { name: ' ', welcomeMessage: 'Typed before' };
    const answer = await admin.submit('/app/bots/new', input);
    expect(answer.status).to.equal(422);
    expect(answer.$('#field-name-error').text()).to.equal('Missing');
    expect(answer.$('#field-name').attr('aria-describedby')).to.include('field-name-error');
    expect(answer.$('#field-welcomeMessage').val()).to.equal('Typed before');
    expect((await admin.submit('/app/bots/new', { name: '' })).$('#field-name-error').text()).to.equal(
      'Missing',
    );
  });

  it('change one', async () => {
    const id = await bot('Before');
    const page = `/app/bots/${id}/settings`;
    const input = {
      name: 'After',
      allowedOrigins: 'https://a.example\n https://b.example',
      storageTokenLimit: '1000',
      humanTakeover: 'on',
    };
    expect(leadsTo(await admin.submit(page, input, page))).to.equal(page);
    const { $ } = await admin.get(page);
    expect($('[role=status]').text()).to.equal('Saved.');
    expect($('#field-name').val()).to.equal('After');
    expect($('#field-allowedOrigins').val()).to.equal('https://a.example\nhttps://b.example');
    expect($('#field-storageTokenLimit').val()).to.equal('1000');
    expect($('[name=humanTakeover]').attr('checked')).to.equal('checked');
  });

  it('refuse settings that cannot be', async () => {
    const page = `/app/bots/${await bot('Settings')}/settings`;
    const answer = await admin.submit(page, { storageTokenLimit: 'many', allowedOrigins: 'nowhere' }, page);
    expect(answer.status).to.equal(422);
    expect(answer.$('#field-storageTokenLimit-error').text()).to.equal('A whole number');
    expect(answer.text).to.include('“nowhere” is not an origin');
  });

  it('give it to agents, and take it back', async () => {
    const id = await bot('For agents');
    const page = `/app/bots/${id}/settings`;
    expect((await agent.get('/app/bots')).text).not.to.include('For agents');

    await admin.submit(page, { agents: [agent.id, 'nobody', agent.id] }, `/app/bots/${id}/agents`);
    expect((await agent.get('/app/bots')).text).to.include('For agents');
    expect((await admin.get(page)).$('[name=agents]').attr('checked')).to.equal('checked');

    const _csrf = await admin.token();
    await admin.post(`/app/bots/${id}/agents`, { _csrf });
    expect((await agent.get('/app/bots')).text).not.to.include('For agents');
  });

  it('delete one after a page that asks', async () => {
    const id = await bot('To delete');
    const page = `/app/bots/${id}/delete`;
    expect((await admin.get(page)).$('h1').text()).to.equal('Delete “To delete”?');
    expect((await admin.get('/app/bots')).text).to.include('To delete');
    expect(leadsTo(await admin.submit(page))).to.equal('/app/bots');
    expect((await admin.get('/app/bots')).$('[role=status]').text()).to.equal('“To delete” was deleted.');
    expect((await admin.get(page)).status).to.equal(404);
  });

  it('are closed to agents where they change something', async () => {
    const id = await bot('Closed');
    const _csrf = await agent.token();
    for (const path of ['/app/bots/new', `/app/bots/${id}/settings`, `/app/bots/${id}/delete`]) {
      expect((await agent.get(path)).status, path).to.equal(403);
    }
    for (const path of [
      '/app/bots',
      `/app/bots/${id}/settings`,
      `/app/bots/${id}/agents`,
      `/app/bots/${id}/delete`,
    ]) {
      expect((await agent.post(path, { _csrf, name: 'Mine' })).status, path).to.equal(403);
    }
  });

  it('lead on to older ones', async () => {
    const many = await startHookbell({ background: false });
    try {
      const someone = await person(many);
      for (let number = 0; number < 51; number += 1) {
        await someone.agent
          .post('/api/v1/bots')
          .set('Authorization', `Bearer ${someone.key}`)
          .send({ name: `Bot ${number}` });
      }
      const { $ } = await someone.get('/app/bots');
      const older = $('main a')
        .filter((_at, link) => $(link).text() === 'Older bots')
        .attr('href');
      expect((await someone.get(older!)).$('tbody tr').text()).to.include('Bot 0');
    } finally {
      await many.stop();
    }
  });
});
