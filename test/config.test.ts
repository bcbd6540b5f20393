import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { ConfigError, readConfig } from '../src/config.js';

const refusal = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`accepted ${JSON.stringify(env)}`);
};

const minute = 60_000;
const hour = 60 * minute;

describe('configuration', () => {
  it('has the documented default for every variable', () => {
    expect(readConfig({})).to.deep.equal({
      dataDir: resolve('./data'),
      databaseUrl: undefined,
      host: '0.0.0.0',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      secretKey: undefined,
      adminEmail: undefined,
      adminPassword: undefined,
      outboundAllow: [],
      retrySchedule: [5000, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)],
      deliveryTimeout: 15_000,
      deliveryConcurrency: 64,
      endpointConcurrency: 8,
      syncConcurrency: 2,
      hookRateLimit: 120,
      storageTokenLimit: null,
      retentionDays: 30,
      retentionSize: null,
      pauseAfter: 120 * hour,
      role: 'all',
      trustProxy: false,
      logLevel: 'info',
      openai: { baseUrl: undefined, apiKey: undefined, model: undefined },
      smtpUrl: undefined,
      mailFrom: undefined,
      metricsToken: undefined,
    });
  });

  it('is frozen', () => {
    expect(readConfig({})).to.be.frozen;
  });

  it('takes the port into the default public URL', () => {
    expect(readConfig({ PORT: '8080' }).publicUrl).to.equal('http://localhost:8080');
  });

  const accepted: [Record<string, string>, string, unknown][] = [
    [{ PUBLIC_URL: 'https://Bots.example.com/' }, 'publicUrl', 'https://bots.example.com'],
    [{ PUBLIC_URL: 'http://10.0.0.1:8080/hookbell/' }, 'publicUrl', 'http://10.0.0.1:8080/hookbell'],
    [{ PORT: ' 8080 ' }, 'port', 8080],
    [{ PORT: '' }, 'port', 3000],
    [{ HOST: '::1' }, 'host', '::1'],
    [{ RETRY_SCHEDULE: '10ms, 1.5s' }, 'retrySchedule', [10, 1500]],
    [{ DELIVERY_TIMEOUT: '500ms' }, 'deliveryTimeout', 500],
    [{ HOOK_RATE_LIMIT: '0' }, 'hookRateLimit', 0],
    [{ STORAGE_TOKEN_LIMIT: '0' }, 'storageTokenLimit', 0],
    [{ PAUSE_AFTER: '2d' }, 'pauseAfter', 48 * hour],
    [{ ROLE: 'worker' }, 'role', 'worker'],
    [{ TRUST_PROXY: 'true' }, 'trustProxy', true],
    [{ TRUST_PROXY: '2' }, 'trustProxy', 2],
    [{ TRUST_PROXY: 'loopback, 10.0.0.0/8' }, 'trustProxy', 'loopback, 10.0.0.0/8'],
    [{ LOG_LEVEL: 'silent' }, 'logLevel', 'silent'],
    [{ METRICS_TOKEN: 'secret' }, 'metricsToken', 'secret'],
    [{ SMTP_URL: 'smtp://mail.example.com' }, 'smtpUrl', 'smtp://mail.example.com'],
    [
      { OUTBOUND_ALLOW: 'crm.example:8080' },
      'outboundAllow',
      [{ kind: 'host', host: 'crm.example', port: 8080 }],
    ],
    [{ ADMIN_EMAIL: 'a@b.example', ADMIN_PASSWORD: ' spaces stay ' }, 'adminPassword', ' spaces stay '],
  ];
  for (const [env, name, value] of accepted) {
    it(`reads ${JSON.stringify(env)}`, () => {
      expect(readConfig(env)).to.have.property(name).that.deep.equals(value);
    });
  }

  const refused: [Record<string, string>, string][] = [
    [{ PORT: 'abc' }, 'PORT: got "abc"; takes a whole number from 0 to 65535'],
    [{ PORT: '65536' }, 'PORT: got "65536"; takes a whole number from 0 to 65535'],
    [{ PORT: '80.5' }, 'PORT: got "80.5"; takes a whole number from 0 to 65535'],
    [{ PUBLIC_URL: 'bots.example' }, 'PUBLIC_URL: got "bots.example"; takes an http or https URL such as'],
    [{ PUBLIC_URL: 'ftp://bots.example' }, 'PUBLIC_URL: got "ftp://bots.example"; takes an http or https'],
    [{ PUBLIC_URL: 'https://x.example/?a' }, 'PUBLIC_URL: got "https://x.example/?a"; takes an http or'],
    [{ SECRET_KEY: 'tooshort' }, 'SECRET_KEY: got a value of 8 characters; takes at least 16 characters'],
    [{ RETRY_SCHEDULE: '5s,soon' }, 'RETRY_SCHEDULE: got "5s,soon"; takes a comma list of durations'],
    [{ RETRY_SCHEDULE: '5s,,5m' }, 'RETRY_SCHEDULE: got "5s,,5m"; takes a comma list of durations'],
    [{ DELIVERY_TIMEOUT: '15' }, 'DELIVERY_TIMEOUT: got "15"; takes a duration from 10ms to 1h'],
    [{ DELIVERY_TIMEOUT: '0s' }, 'DELIVERY_TIMEOUT: got "0s"; takes a duration from 10ms to 1h'],
    [{ DELIVERY_CONCURRENCY: '0' }, 'DELIVERY_CONCURRENCY: got "0"; takes a whole number from 1 to 10000'],
    [{ ENDPOINT_CONCURRENCY: '-1' }, 'ENDPOINT_CONCURRENCY: got "-1"; takes a whole number from 1 to 1000'],
    [{ SYNC_CONCURRENCY: 'two' }, 'SYNC_CONCURRENCY: got "two"; takes a whole number from 1 to 64'],
    [{ HOOK_RATE_LIMIT: '1e3' }, 'HOOK_RATE_LIMIT: got "1e3"; takes a whole number from 0 to 1000000'],
    [{ STORAGE_TOKEN_LIMIT: 'none' }, 'STORAGE_TOKEN_LIMIT: got "none"; takes a whole number from 0'],
    [{ RETENTION_DAYS: '0' }, 'RETENTION_DAYS: got "0"; takes a whole number from 1'],
    [{ RETENTION_SIZE: '5MB' }, 'RETENTION_SIZE: got "5MB"; takes a size from 10MB to 1000TB, such as'],
    [{ RETENTION_SIZE: '5' }, 'RETENTION_SIZE: got "5"; takes a size'],
    [{ PAUSE_AFTER: 'never' }, 'PAUSE_AFTER: got "never"; takes a duration'],
    [{ ROLE: 'WEB' }, 'ROLE: got "WEB"; takes all, web or worker'],
    [{ TRUST_PROXY: 'banana' }, 'TRUST_PROXY: got "banana"; takes true, false, how many proxies there are'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: got "loud"; takes fatal, error, warn, info, debug, trace or silent'],
    [
      { OUTBOUND_ALLOW: '10/8' },
      'OUTBOUND_ALLOW: got "10/8"; “10/8” is not an entry of OUTBOUND_ALLOW: it takes',
    ],
    [
      { OPENAI_BASE_URL: 'api.openai.com' },
      'OPENAI_BASE_URL: got "api.openai.com"; takes an http or https URL',
    ],
    [{ SMTP_URL: 'mail' }, 'SMTP_URL: got a value of 4 characters; takes a URL such as smtp://'],
    [
      { DATABASE_URL: 'mysql://x' },
      'DATABASE_URL: got a value of 9 characters; takes a URL such as postgres://',
    ],
    [
      { ADMIN_EMAIL: 'nobody', ADMIN_PASSWORD: 'longenough' },
      'ADMIN_EMAIL: got "nobody"; takes an e-mail address',
    ],
    [
      { ADMIN_EMAIL: 'a@b.example', ADMIN_PASSWORD: 'short' },
      'ADMIN_PASSWORD: got a value of 5 characters; takes at least 8 characters',
    ],
    [{ ADMIN_EMAIL: 'a@b.example' }, 'ADMIN_EMAIL: set without ADMIN_PASSWORD; takes both or neither'],
    [{ ADMIN_PASSWORD: 'longenough' }, 'ADMIN_PASSWORD: set without ADMIN_EMAIL; takes both or neither'],
  ];
  for (const [env, sentence] of refused) {
    it(`refuses ${JSON.stringify(env)} and says what it takes`, () => {
      const message = refusal(env);
      expect(message.split('\n')).to.have.length(1);
      expect(message).to.satisfy((text: string) => text.startsWith(sentence), message);
    });
  }

  it('names everything that is wrong at once, one line each', () => {
    const lines = refusal({ PORT: 'abc', ROLE: 'x', METRICS_TOKEN_FILE: '/no/such/file' }).split('\n');
    expect(lines.map((line) => line.split(':')[0])).to.have.members(['PORT', 'ROLE', 'METRICS_TOKEN_FILE']);
  });

  it('never prints a secret', () => {
    const message = refusal({
      SECRET_KEY: 'hunter2',
      DATABASE_URL: 'mysql://hunter2',
      ADMIN_PASSWORD: 'hunter2',
    });
    expect(message).not.to.include('hunter2');
  });

  describe('secrets in files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookbell-config-'));
    const file = join(folder, 'secret');
    after(() => rmSync(folder, { recursive: true }));

    const secrets: [string, string, string][] = [
      ['SECRET_KEY', 'secretKey', 'a key of some length'],
      ['METRICS_TOKEN', 'metricsToken', 'a token'],
      ['SMTP_URL', 'smtpUrl', 'smtps://user:password@mail.example'],
    ];
    for (const [name, property, value] of secrets) {
      it(`reads ${name} from the file that ${name}_FILE names, without the newline at its end`, () => {
        writeFileSync(file, `${value}\n`);
        expect(readConfig({ [`${name}_FILE`]: file })).to.have.property(property, value);
      });
    }

    it('reads ADMIN_PASSWORD and OPENAI_API_KEY from files too', () => {
      writeFileSync(file, 'from a file');
      const config = readConfig({
        ADMIN_EMAIL: 'a@b.example',
        ADMIN_PASSWORD_FILE: file,
        OPENAI_API_KEY_FILE: file,
      });
      expect([config.adminPassword, config.openai.apiKey]).to.deep.equal(['from a file', 'from a file']);
    });

    it('refuses a file that is not there, one that is empty, and a variable that is set twice', () => {
      writeFileSync(file, '');
      expect(refusal({ SECRET_KEY_FILE: join(folder, 'none') })).to.match(
        /^SECRET_KEY_FILE: got ".*none", which cannot be read \(ENOENT\); takes a file$/,
      );
      expect(refusal({ SECRET_KEY_FILE: file })).to.equal(
        'SECRET_KEY: got a value of 0 characters; takes at least 16 characters',
      );
      expect(refusal({ SECRET_KEY_FILE: file, SECRET_KEY: 'a key of some length' })).to.match(
        /^SECRET_KEY: set twice/,
      );
    });
  });

  it('has every variable in .env.example, with its default', () => {
    const example = readFileSync('.env.example', 'utf8');
    const listed = Object.fromEntries(
      [...example.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    const given = Object.fromEntries(Object.entries(listed).filter(([, value]) => value));
    expect(readConfig(given as Record<string, string>)).to.deep.equal(readConfig({}));
    const contract =
      'DATA_DIR DATABASE_URL HOST PORT PUBLIC_URL SECRET_KEY ADMIN_EMAIL ADMIN_PASSWORD OUTBOUND_ALLOW RETRY_SCHEDULE DELIVERY_TIMEOUT DELIVERY_CONCURRENCY ENDPOINT_CONCURRENCY SYNC_CONCURRENCY HOOK_RATE_LIMIT STORAGE_TOKEN_LIMIT RETENTION_DAYS RETENTION_SIZE PAUSE_AFTER ROLE TRUST_PROXY LOG_LEVEL OPENAI_BASE_URL OPENAI_API_KEY OPENAI_MODEL SMTP_URL MAIL_FROM METRICS_TOKEN';
    expect(Object.keys(listed)).to.have.members(contract.split(' '));
  });
});
