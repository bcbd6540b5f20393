import type { FileHandle } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { FetchError } from '../../src/net/failure.js';
import { type Answer, createFetch } from '../../src/net/fetch.js';
import { createGuard } from '../../src/net/guard.js';
import { parseRules } from '../../src/net/rules.js';
import { chunksOf } from '../../src/net/spool.js';
import { SourceError } from '../../src/sources/connectors/connector.js';
import { selfSigned } from '../support/selfSigned.js';
import { fetchFor, type Site, staticSite } from '../support/staticSite.js';

const redirect = (location: string, status = 302) => ({ status, headers: { Location: location } });

const failureOf = async (promise: Promise<unknown>): Promise<FetchError> => {
  const outcome = await promise.catch((error: unknown) => error);
  expect(outcome).to.be.instanceOf(SourceError).and.instanceOf(FetchError);
  return outcome as FetchError;
};

const textOf = (answer: Answer<Buffer>) => (answer.kind === 'answer' ? answer.body.toString() : answer.kind);

describe('fetching', () => {
  let site: Site;
  let other: Site;

  beforeEach(async () => {
    site = await staticSite({ '/': 'hello' });
    other = await staticSite({ '/': 'elsewhere' });
  });

  afterEach(async () => {
    await site.close();
    await other.close();
  });

  it('reads a body, and what the server says of it', async () => {
    site.pages['/data'] = {
      headers: { 'Content-Type': 'Text/CSV; Charset="ISO-8859-1"', 'Last-Modified': 'yesterday' },
      body: 'a,b',
    };

    const answer = await fetchFor([site]).read(`${site.origin}/data#part`);

    expect(answer).to.deep.include({
      kind: 'answer',
      url: `${site.origin}/data`,
      type: 'text/csv',
      charset: 'iso-8859-1',
      lastModified: 'yesterday',
    });
    expect(textOf(answer)).to.equal('a,b');
    expect(site.requests[0]?.headers['user-agent']).to.equal('Hookbell/test (+http://localhost)');
  });

  it('asks on one connection for one page after the other', async () => {
    const fetch = fetchFor([site]);

    await fetch.read(site.origin);
    await fetch.read(site.origin);

    expect(site.connections()).to.equal(1);
  });

  it('is told when nothing has changed', async () => {
    const fetch = fetchFor([site]);
    const first = await fetch.read(site.origin);
    const etag = first.kind === 'answer' ? first.etag : null;

    const second = await fetch.read(site.origin, { validators: { etag, lastModified: null } });

    expect(second).to.deep.equal({ kind: 'same', url: `${site.origin}/` });
  });

  it('does not read a type that was not asked for', async () => {
    site.pages['/film'] = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'video/mp4' }).write('never ends');
    };

    const answer = await fetchFor([site]).read(`${site.origin}/film`, { types: /^text\/html$/ });

    expect(answer).to.deep.equal({ kind: 'other', url: `${site.origin}/film`, type: 'video/mp4' });
  });

  for (const [encoding, squeeze] of Object.entries({
    gzip: gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
  })) {
    it(`decompresses ${encoding}`, async () => {
      site.pages['/'] = { headers: { 'Content-Encoding': encoding }, body: squeeze('squeezed') };

      expect(textOf(await fetchFor([site]).read(site.origin))).to.equal('squeezed');
    });
  }

  it('downloads into a file that can be read twice', async () => {
    const answer = await fetchFor([site]).download(site.origin);
    const file = (answer as { body: FileHandle }).body;
    const read = async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of chunksOf(file)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };

    expect(await read()).to.equal('hello');
    expect(await read()).to.equal('hello');
    await file.close();
  });

  describe('behind redirects', () => {
    it('follows five', async () => {
      for (let n = 0; n < 4; n++) site.pages[`/${n}`] = redirect(`/${n + 1}`, [301, 302, 303, 307][n]);
      site.pages['/4'] = redirect('/', 308);

      const answer = await fetchFor([site]).read(`${site.origin}/0`);

      expect(textOf(answer)).to.equal('hello');
      expect(answer.url).to.equal(`${site.origin}/`);
    });

    it('gives up after five', async () => {
      site.pages['/loop'] = redirect('/loop');

      const failure = await failureOf(fetchFor([site]).read(`${site.origin}/loop`));

      expect(failure.message).to.equal('more than 5 redirects');
      expect(site.requests).to.have.length(6);
    });

    it('sends custom headers to the origin it was given only', async () => {
      site.pages['/a'] = redirect('/b');
      site.pages['/b'] = redirect(`http://localhost:${site.port}/c`);
      site.pages['/c'] = redirect(`${other.origin}/`);
      const headers = { 'X-Secret-Key': 's', Authorization: 'Bearer t', Cookie: 'u=1' };

      await fetchFor([site, other]).read(`${site.origin}/a`, { headers });

      const secrets = [...site.requests, ...other.requests].map(({ headers }) => [
        headers['x-secret-key'],
        headers.authorization,
        headers.cookie,
      ]);
      expect(secrets).to.deep.equal([
        ['s', 'Bearer t', 'u=1'],
        ['s', 'Bearer t', 'u=1'],
        [undefined, undefined, undefined],
        [undefined, undefined, undefined],
      ]);
    });

    it('asks the guard at every one', async () => {
      for (const host of ['127.0.0.1', '2130706433', 'localhost']) {
        site.pages['/in'] = redirect(`http://${host}:${other.port}/`);

        const failure = await failureOf(fetchFor([site]).read(`${site.origin}/in`));

        expect(failure.message).to.match(/loopback address; OUTBOUND_ALLOW=.+ would allow it$/);
      }
      expect(other.requests).to.have.length(0);
    });

    it('does not follow out of HTTP, nor to a URL with a password', async () => {
      site.pages['/file'] = redirect('file:///etc/passwd');
      site.pages['/userinfo'] = redirect(`http://me:pw@127.0.0.1:${site.port}/`);
      site.pages['/broken'] = redirect('http://');
      const fetch = fetchFor([site]);

      expect((await failureOf(fetch.read(`${site.origin}/file`))).message).to.match(/^file: addresses/);
      expect((await failureOf(fetch.read(`${site.origin}/userinfo`))).message).to.match(/password/);
      expect((await failureOf(fetch.read(`${site.origin}/broken`))).message).to.match(/a redirect leads to/);
    });

    it('does not wait for the endless body of one', async () => {
      site.pages['/endless'] = (_request, response) => {
        response.writeHead(302, { Location: '/' }).write('and so on');
      };

      expect(textOf(await fetchFor([site]).read(`${site.origin}/endless`))).to.equal('hello');
    });
  });

  describe('sending', () => {
    const post = (path: string, fetch = fetchFor([site])) =>
      fetch.send(site.origin + path, { method: 'POST', headers: { 'X-Key': 'k' }, body: '{"a":1}' });

    it('gives whatever comes back, decompressed', async () => {
      site.pages['/'] = async (request, response) => {
        const chunks = await request.toArray();
        response.writeHead(429, { 'Retry-After': '7', 'Content-Encoding': 'gzip' });
        response.end(gzipSync(`${request.method} ${request.headers['x-key']} ${Buffer.concat(chunks)}`));
      };

      const { status, headers, body } = await post('/');

      expect([status, headers['retry-after'], body.toString()]).to.deep.equal([429, '7', 'POST k {"a":1}']);
      expect(site.requests).to.have.length(1);
    });

    it('follows no redirect, and asks the guard', async () => {
      site.pages['/away'] = redirect(other.origin, 307);

      expect((await post('/away', fetchFor([site, other]))).status).to.equal(307);
      expect((await failureOf(post('/', fetchFor([other])))).message).to.match(/^127\.0\.0\.1 is a loopback/);
      expect([site.paths(), other.paths()]).to.deep.equal([['/away'], []]);
    });

    it('has the same limits', async () => {
      site.pages['/long'] = { status: 500, body: Buffer.alloc(2 * 1024 * 1024) };
      site.pages['/never'] = () => {};

      const long = await failureOf(post('/long', fetchFor([site], { bytes: 1024 * 1024 })));
      const never = await failureOf(post('/never', fetchFor([site], { time: 200 })));

      expect(long.message).to.equal('the answer is larger than 1 MB');
      expect(never.message).to.equal('no answer within 0.2 s');
    });
  });

  describe('with limits', () => {
    it('refuses a body that is announced to be larger', async () => {
      site.pages['/'] = { body: Buffer.alloc(2_000_001) };
      const fetch = fetchFor([site], { bytes: 2 * 1024 * 1024 });

      expect((await fetch.read(site.origin)).kind).to.equal('answer');
      site.pages['/'] = { body: Buffer.alloc(2 * 1024 * 1024 + 1) };
      expect((await failureOf(fetch.read(site.origin))).message).to.equal('the answer is larger than 2 MB');
    });

    it('stops a body that grows past the cap', async () => {
      site.pages['/'] = (_request, response) => {
        const pour = () => {
          while (response.write(Buffer.alloc(64 * 1024)));
          response.once('drain', pour);
        };
        pour();
      };

      const failure = await failureOf(fetchFor([site], { bytes: 1024 * 1024 }).download(site.origin));

      expect(failure.message).to.equal('the answer is larger than 1 MB');
    });

    it('counts a gzip bomb as it grows', async () => {
      const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
      site.pages['/'] = { headers: { 'Content-Encoding': 'gzip' }, body: bomb };
      const before = process.memoryUsage().rss;

      const failure = await failureOf(fetchFor([site], { bytes: 5 * 1024 * 1024 }).read(site.origin));

      expect(failure.message).to.equal('the answer is larger than 5 MB');
      expect(process.memoryUsage().rss - before).to.be.below(100 * 1024 * 1024);
    });

    it('gives up on a server that says nothing', async () => {
      site.pages['/'] = () => {};

      const failure = await failureOf(fetchFor([site], { time: 200 }).read(site.origin));

      expect(failure.message).to.equal('no answer within 0.2 s');
    });

    it('gives up on a body that drips', async () => {
      site.pages['/'] = (_request, response) => {
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      };

      const failure = await failureOf(fetchFor([site], { time: 200 }).read(site.origin));

      expect(failure.message).to.equal('no answer within 0.2 s');
    });

    it('stops when it is told to, with the reason it is told', async () => {
      const abort = new AbortController();
      site.pages['/'] = () => abort.abort(new Error('stopping'));

      const outcome = await fetchFor([site])
        .read(site.origin, { signal: abort.signal })
        .catch((error: unknown) => error);

      expect(outcome).to.equal(abort.signal.reason);
    });
  });

  describe('when it fails', () => {
    it('says what the server answered', async () => {
      site.pages['/500'] = { status: 500 };
      const fetch = fetchFor([site]);

      const missing = await failureOf(fetch.read(`${site.origin}/missing`));
      const broken = await failureOf(fetch.download(`${site.origin}/500`));

      expect(missing).to.include({ message: 'the server answered 404 Not Found', status: 404 });
      expect(broken.message).to.equal('the server answered 500 Internal Server Error');
    });

    it('says that nobody answers', async () => {
      await other.close();

      const failure = await failureOf(fetchFor([site, other]).read(other.origin));

      expect(failure.message).to.equal(`127.0.0.1:${other.port} refused the connection`);
      other = await staticSite();
    });

    it('says that a name does not exist', async () => {
      const guard = createGuard(
        () => [],
        (_host, _options, done) => done(Object.assign(new Error('?'), { code: 'ENOTFOUND' }), []),
      );

      const failure = await failureOf(createFetch({ guard, agent: 'x' }).read('http://nowhere.test/'));

      expect(failure.message).to.equal('the name nowhere.test could not be found');
    });

    it('says that a certificate is not to be trusted', async () => {
      const server = createTlsServer(selfSigned, (_request, response) => void response.end());
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as AddressInfo;
      const guard = createGuard(() => parseRules('127.0.0.1'));

      const failure = await failureOf(createFetch({ guard, agent: 'x' }).read(`https://127.0.0.1:${port}/`));

      expect(failure.message).to.equal(`the certificate of 127.0.0.1:${port} is self-signed`);
      server.close();
    });

    it('says that a server does not speak TLS', async () => {
      const failure = await failureOf(fetchFor([site]).read(`https://127.0.0.1:${site.port}/`));

      expect(failure.message).to.match(/^no secure connection to 127\.0\.0\.1:\d+ could be made$/);
    });

    it('says that a compression is broken, cut off or unknown', async () => {
      const gzip = gzipSync('x'.repeat(1000));
      site.pages['/broken'] = { headers: { 'Content-Encoding': 'gzip' }, body: 'not gzip' };
      site.pages['/cut'] = { headers: { 'Content-Encoding': 'gzip' }, body: gzip.subarray(0, 20) };
      site.pages['/odd'] = { headers: { 'Content-Encoding': 'compress' }, body: '?' };
      const fetch = fetchFor([site]);

      for (const path of ['/broken', '/cut'])
        expect((await failureOf(fetch.read(site.origin + path))).message).to.equal(
          'the answer is compressed but broken',
        );
      expect((await failureOf(fetch.read(`${site.origin}/odd`))).message).to.match(
        /compressed as “compress”/,
      );
    });

    it('does not take half a body for a whole one', async () => {
      site.pages['/'] = (_request, response) => {
        response.writeHead(200, { 'Content-Length': '100' }).write('half', () => response.destroy());
      };

      const failure = await failureOf(fetchFor([site], { retries: 0 }).read(site.origin));

      expect(failure.message).to.match(/closed the connection before its answer was complete$/);
    });

    it('says that the answer is no HTTP', async () => {
      site.pages['/'] = (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');

      const failure = await failureOf(fetchFor([site]).read(site.origin));

      expect(failure.message).to.match(/does not answer in HTTP$/);
    });
  });

  describe('asking once more', () => {
    const busyOnce = (headers: Record<string, string>, status = 503) => {
      site.pages['/'] = (_request, response) => {
        site.pages['/'] = 'now';
        response.writeHead(status, headers).end();
      };
    };

    it('does as long after as the server wants', async () => {
      for (const status of [429, 503]) {
        busyOnce({ 'Retry-After': '0' }, status);

        expect(textOf(await fetchFor([site]).read(site.origin))).to.equal('now');
      }
    });

    it('reads a date by the clock of the server', async () => {
      const date = new Date(0).toUTCString();
      busyOnce({ Date: date, 'Retry-After': date });

      expect(textOf(await fetchFor([site]).read(site.origin))).to.equal('now');
    });

    it('does not wait for more than half a minute, nor unasked', async () => {
      for (const headers of [{ 'Retry-After': '31' }, { 'Retry-After': 'soon' }, {}]) {
        busyOnce(headers as Record<string, string>);

        expect((await failureOf(fetchFor([site]).read(site.origin))).status).to.equal(503);
      }
    });

    it('does so no more than once', async () => {
      site.pages['/'] = { status: 503, headers: { 'Retry-After': '0' } };

      expect((await failureOf(fetchFor([site]).read(site.origin))).status).to.equal(503);
      expect(site.requests).to.have.length(2);
    });

    it('does after the connection was reset', async () => {
      site.pages['/'] = (request) => {
        site.pages['/'] = 'now';
        request.socket.resetAndDestroy();
      };

      expect(textOf(await fetchFor([site]).read(site.origin))).to.equal('now');
    });
  });
});
