import { expect } from 'chai';
import { createGuard, inOneSentence, Refused } from '../../src/net/guard.js';
import { parseRules } from '../../src/net/rules.js';

const loopback = '127.0.0.1';

/** Hosts as they are written in a URL, with what the refusal must say of them. */
const refused: [string, RegExp][] = [
  ['127.0.0.1', /loopback/],
  ['127.1', /loopback/],
  ['127.0.1', /loopback/],
  ['127.255.255.254', /loopback/],
  ['0x7f.1', /loopback/],
  ['0x7f000001', /loopback/],
  ['2130706433', /loopback/],
  ['0177.0.0.1', /loopback/],
  ['017700000001', /loopback/],
  ['127.0.0.1.', /loopback/],
  ['１２７.０.０.１', /loopback/],
  ['127。0。0。1', /loopback/],
  ['0.0.0.0', /unspecified/],
  ['0', /unspecified/],
  ['0.1.2.3', /unspecified/],
  ['10.0.0.5', /10\.0\.0\.5 is a private address/],
  ['10.255.255.255', /private/],
  ['167772165', /10\.0\.0\.5 is a private address/],
  ['172.16.0.1', /private/],
  ['172.31.255.255', /private/],
  ['192.168.0.1', /private/],
  ['0xc0.0xa8.1', /192\.168\.0\.1 is a private/],
  ['100.64.0.1', /carrier-grade NAT/],
  ['100.127.255.255', /carrier-grade NAT/],
  ['169.254.1.1', /link-local/],
  ['169.254.169.254', /cloud metadata/],
  ['2852039166', /cloud metadata/],
  ['169.254.170.2', /cloud metadata/],
  ['100.100.100.200', /cloud metadata/],
  ['168.63.129.16', /cloud metadata/],
  ['192.0.0.1', /reserved/],
  ['192.0.2.1', /reserved/],
  ['192.88.99.1', /reserved/],
  ['198.18.0.1', /reserved/],
  ['198.51.100.7', /reserved/],
  ['203.0.113.9', /reserved/],
  ['224.0.0.1', /multicast/],
  ['239.255.255.250', /multicast/],
  ['240.0.0.1', /reserved/],
  ['255.255.255.255', /broadcast/],
  ['[::]', /unspecified/],
  ['[::1]', /loopback/],
  ['[0:0:0:0:0:0:0:1]', /loopback/],
  ['[::127.0.0.1]', /not a global address/],
  ['[::10.0.0.1]', /not a global address/],
  ['[::ffff:127.0.0.1]', /stands for 127\.0\.0\.1, which is a loopback/],
  ['[::ffff:7f00:1]', /stands for 127\.0\.0\.1, which is a loopback/],
  ['[::ffff:10.1.2.3]', /stands for 10\.1\.2\.3, which is a private/],
  ['[::ffff:169.254.169.254]', /cloud metadata/],
  ['[::ffff:0:127.0.0.1]', /IPv4-translated/],
  ['[64:ff9b::127.0.0.1]', /stands for 127\.0\.0\.1, which is a loopback/],
  ['[64:ff9b::a00:5]', /stands for 10\.0\.0\.5, which is a private/],
  ['[64:ff9b::169.254.169.254]', /cloud metadata/],
  ['[64:ff9b:1::8.8.8.8]', /NAT64/],
  ['[2002:7f00:1::]', /6to4/],
  ['[2002:808:808::1]', /6to4/],
  ['[2001:0:53aa:64c:0:fbff:80ff:fffe]', /Teredo/],
  ['[2606:4700::5efe:10.0.0.1]', /ISATAP/],
  ['[2606:4700::200:5efe:10.0.0.1]', /ISATAP/],
  ['[fe80::1]', /link-local/],
  ['[fe80::5efe:127.0.0.1]', /./],
  ['[fec0::1]', /reserved/],
  ['[fc00::1]', /private/],
  ['[fd12:3456::1]', /private/],
  ['[fd00:ec2::254]', /cloud metadata/],
  ['[fd20:ce::254]', /cloud metadata/],
  ['[ff02::1]', /multicast/],
  ['[100::1]', /reserved/],
  ['[2001:db8::1]', /reserved/],
  ['[2001:2::1]', /reserved/],
  ['[2001:20::1]', /reserved/],
  ['[3fff::1]', /reserved/],
  ['[5f00::1]', /reserved/],
  ['[4000::1]', /not a global address/],
];

const admitted = [
  '8.8.8.8',
  '1.1.1.1',
  '134744072',
  '0x08.8.8.8',
  '9.255.255.255',
  '11.0.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '192.169.0.1',
  '223.255.255.254',
  '[2606:4700:4700::1111]',
  '[2a00:1450:4001:82f::200e]',
  '[::ffff:8.8.8.8]',
  '[64:ff9b::8.8.8.8]',
];

const guardWith = (allow: string, names: Record<string, string[]> = {}) => {
  const rules = parseRules(allow);
  return createGuard(
    () => rules,
    (host, _options, done) => {
      const addresses = (names[host] ?? []).map((address) => ({ address, family: 4 }));
      if (addresses.length) done(null, addresses);
      else done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), []);
    },
  );
};

describe('the guard', () => {
  const guard = guardWith('');

  for (const [host, says] of refused) {
    it(`refuses ${host}`, () => {
      const refusal = guard.inspect(`http://${host}/`);

      expect(refusal?.rule).to.match(says);
      expect(refusal?.setting).to.match(/^OUTBOUND_ALLOW=.+:80$/);
    });
  }

  for (const host of admitted) {
    it(`lets ${host} pass`, () => {
      expect(guard.inspect(`https://${host}/`)).to.equal(null);
    });
  }

  for (const url of [
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com',
    'data:text/plain,x',
  ]) {
    it(`refuses ${url}, whatever is allowed`, () => {
      const refusal = guardWith('0.0.0.0/0,::/0,example.com').inspect(url);

      expect(refusal?.rule).to.match(/only http: and https:/);
      expect(refusal?.setting).to.equal(null);
    });
  }

  it('refuses a user name or password', () => {
    expect(guard.inspect('http://me@example.com/')?.rule).to.match(/user name or password/);
    expect(guard.inspect('http://:secret@example.com/')?.rule).to.match(/user name or password/);
  });

  it('refuses what is no URL', () => {
    for (const text of ['example', 'http://./', 'http://%2e/path'])
      expect(guard.inspect(text)?.rule).to.equal(`“${text}” is not a URL`);
  });

  it('judges zone ids where a socket would be given one', () => {
    expect(guard.admit('fe80::1%eth0', 80)?.rule).to.match(/interface|link-local/);
    expect(guard.admit('2606:4700::1%eth0', 80)?.rule).to.match(/network interface/);
  });

  it('says the rule and the setting in one sentence', () => {
    const refusal = guard.inspect('https://10.0.0.5:8443/hook');

    expect(new Refused(refusal!).message).to.equal(
      '10.0.0.5 is a private address; OUTBOUND_ALLOW=10.0.0.5:8443 would allow it',
    );
    expect(inOneSentence(guard.inspect('http://[::1]/')!)).to.equal(
      '::1 is a loopback address; OUTBOUND_ALLOW=[::1]:80 would allow it',
    );
  });
});

describe('the guard, asked about names', () => {
  const names = {
    'public.test': ['93.184.216.34', '2606:4700::1'],
    'inside.test': ['10.0.0.5'],
    'mixed.test': ['93.184.216.34', '10.0.0.5'],
    'meta.test': ['169.254.169.254'],
  };

  it('lets a name pass that has public addresses only', async () => {
    expect(await guardWith('', names).resolve('https://public.test/')).to.equal(null);
  });

  it('refuses a name with one address that is not public, and says which', async () => {
    const guard = guardWith('', names);

    expect(await guard.resolve('https://mixed.test/')).to.deep.equal({
      rule: 'mixed.test resolves to 10.0.0.5, which is a private address',
      setting: 'OUTBOUND_ALLOW=mixed.test:443',
    });
    expect((await guard.resolve('http://meta.test'))?.rule).to.match(/cloud metadata/);
  });

  it('does not refuse a name that has no address', async () => {
    expect(await guardWith('', names).resolve('https://nowhere.test/')).to.equal(null);
  });

  it('refuses the real localhost by its real address', async () => {
    const refusal = await createGuard(() => []).resolve('http://localhost:8080/');

    expect(refusal?.rule).to.match(/^localhost resolves to .+, which is a loopback address$/);
    expect(refusal?.setting).to.equal('OUTBOUND_ALLOW=localhost:8080');
  });

  const allowed: [allow: string, url: string][] = [
    ['10.0.0.5', 'http://10.0.0.5:9000/'],
    ['10.0.0.5', 'http://[::ffff:10.0.0.5]/'],
    ['10.0.0.5', 'http://inside.test/'],
    ['10.0.0.0/8', 'http://mixed.test/'],
    ['::ffff:10.0.0.0/104', 'http://inside.test/'],
    ['inside.test', 'http://inside.test:81/'],
    ['INSIDE.test.', 'http://inside.TEST/'],
    ['inside.test:81', 'http://inside.test:81/'],
    ['inside.test:443', 'https://inside.test./'],
    ['10.0.0.5:81', 'http://inside.test:81/'],
    ['127.1', 'http://2130706433/'],
    ['[::1]:8080', 'http://[::1]:8080/'],
    ['::1', 'http://[::1]/'],
    ['fc00::/7', 'http://[fd00::7]/'],
    ['169.254.169.254', 'http://meta.test/'],
    [' 192.168.0.0/16 , 10.0.0.5 ,', 'http://10.0.0.5/'],
  ];

  for (const [allow, url] of allowed) {
    it(`lets ${url} pass with OUTBOUND_ALLOW=${allow}`, async () => {
      expect(await guardWith(allow, { ...names, 'inside.test.': ['10.0.0.5'] }).resolve(url)).to.equal(null);
    });
  }

  const notAllowed: [allow: string, url: string][] = [
    ['10.0.0.5', 'http://10.0.0.6/'],
    ['10.0.0.5:81', 'http://10.0.0.5:82/'],
    ['inside.test:81', 'http://inside.test:82/'],
    ['inside.test', 'http://10.0.0.5/'],
    ['test', 'http://inside.test/'],
    ['192.168.0.0/16', 'http://mixed.test/'],
    ['0.0.0.0/0', 'http://[::1]/'],
    ['::/0', 'http://127.0.0.1/'],
  ];

  for (const [allow, url] of notAllowed) {
    it(`refuses ${url} with OUTBOUND_ALLOW=${allow}`, async () => {
      expect(await guardWith(allow, names).resolve(url)).not.to.equal(null);
    });
  }
});

describe('OUTBOUND_ALLOW', () => {
  const wrong = [
    '10.0.0.0/33',
    '10/8',
    'http://example.com',
    'example.com/path',
    'example.com:0',
    'example.com:70000',
    'example.com:http',
    'a b',
    '[::1',
    '::1:80:x',
    'me@example.com',
    '*.example.com',
    '300.1.1.1/8',
  ];
  for (const entry of wrong) {
    it(`does not take ${entry}, and says what it takes`, () => {
      expect(() => parseRules(`${loopback},${entry}`)).to.throw(
        `“${entry}” is not an entry of OUTBOUND_ALLOW: it takes a comma list of CIDRs`,
      );
    });
  }

  it('is plain data, so that a worker thread can be given it', () => {
    const rules = parseRules('10.0.0.0/8,[::1]:80,intranet:8080,Bücher.example');

    expect(structuredClone(rules)).to.deep.equal([
      { kind: 'range', address: '10.0.0.0', prefix: 8, port: null },
      { kind: 'range', address: '::1', prefix: 128, port: 80 },
      { kind: 'host', host: 'intranet', port: 8080 },
      { kind: 'host', host: 'xn--bcher-kva.example', port: null },
    ]);
  });
});
