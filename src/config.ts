import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  databaseUrl,
  duration,
  durations,
  oneOf,
  publicUrl,
  rules,
  size,
  text,
  trustProxy,
  url,
  whole,
} from './settingTypes.js';

const variables = {
  DATA_DIR: z
    .string()
    .default('./data')
    .transform((path) => resolve(path)),
  DATABASE_URL: databaseUrl.optional(),
  HOST: z.string().default('0.0.0.0'),
  PORT: whole(0, 65_535).default(3000),
  PUBLIC_URL: publicUrl.optional(),
  SECRET_KEY: text(16).optional(),
  ADMIN_EMAIL: z.email('takes an e-mail address').max(254, 'takes at most 254 characters').optional(),
  ADMIN_PASSWORD: text(8, 256).optional(),
  OUTBOUND_ALLOW: rules.prefault(''),
  RETRY_SCHEDULE: durations.prefault('5s,5m,30m,2h,5h,10h,14h,20h,24h'),
  DELIVERY_TIMEOUT: duration('10ms', '1h').prefault('15s'),
  DELIVERY_CONCURRENCY: whole(1, 10_000).default(64),
  ENDPOINT_CONCURRENCY: whole(1, 1_000).default(8),
  SYNC_CONCURRENCY: whole(1, 64).default(2),
  HOOK_RATE_LIMIT: whole(0, 1_000_000).default(120),
  STORAGE_TOKEN_LIMIT: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  RETENTION_DAYS: whole(1, 36_500).default(30),
  RETENTION_SIZE: size('10MB', '1000TB').optional(),
  PAUSE_AFTER: duration('1s', '365d').prefault('5d'),
  ROLE: oneOf('all', 'web', 'worker').default('all'),
  TRUST_PROXY: trustProxy.default(false),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  OPENAI_BASE_URL: url('an http or https URL', 'http', 'https').optional(),
  OPENAI_API_KEY: text(1).optional(),
  OPENAI_MODEL: z.string().optional(),
  SMTP_URL: url('a URL such as smtp://user:password@host:587', 'smtp', 'smtps').optional(),
  MAIL_FROM: z.string().optional(),
  METRICS_TOKEN: text(1).optional(),
} as const;

const secrets = new Set<string>([
  'DATABASE_URL',
  'SECRET_KEY',
  'ADMIN_PASSWORD',
  'OPENAI_API_KEY',
  'SMTP_URL',
  'METRICS_TOKEN',
]);

const environment = z.object(variables);

type Environment = Record<string, string | undefined>;

/** The configuration is wrong; the message names each variable, what it got and what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads the environment once: validated, with defaults, frozen. Throws one `ConfigError` for all that is wrong. */
export function readConfig(env: Environment = process.env) {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(variables)) {
    try {
      const value = settingOf(name, env);
      if (value !== undefined) given[name] = value;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  const parsed = environment.safeParse(given);
  problems.push(...(parsed.success ? [] : parsed.error.issues.map((issue) => explain(issue, given))));
  const [one, ...more] = pair.filter((name) => isGiven(name, env));
  if (one && more.length === 0) {
    problems.push(`${one}: set without ${pair.find((name) => name !== one)}; takes both or neither`);
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'));
  const values = parsed.data;
  return Object.freeze({
    dataDir: values.DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}`,
    secretKey: values.SECRET_KEY,
    adminEmail: values.ADMIN_EMAIL,
    adminPassword: values.ADMIN_PASSWORD,
    outboundAllow: values.OUTBOUND_ALLOW,
    retrySchedule: values.RETRY_SCHEDULE,
    deliveryTimeout: values.DELIVERY_TIMEOUT,
    deliveryConcurrency: values.DELIVERY_CONCURRENCY,
    endpointConcurrency: values.ENDPOINT_CONCURRENCY,
    syncConcurrency: values.SYNC_CONCURRENCY,
    hookRateLimit: values.HOOK_RATE_LIMIT,
    storageTokenLimit: values.STORAGE_TOKEN_LIMIT ?? null,
    retentionDays: values.RETENTION_DAYS,
    retentionSize: values.RETENTION_SIZE ?? null,
    pauseAfter: values.PAUSE_AFTER,
    role: values.ROLE,
    trustProxy: values.TRUST_PROXY,
    logLevel: values.LOG_LEVEL,
    openai: { baseUrl: values.OPENAI_BASE_URL, apiKey: values.OPENAI_API_KEY, model: values.OPENAI_MODEL },
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM,
    metricsToken: values.METRICS_TOKEN,
  });
}

export type Config = ReturnType<typeof readConfig>;

const pair = ['ADMIN_EMAIL', 'ADMIN_PASSWORD'];

const isGiven = (name: string, env: Environment) =>
  Boolean(env[name] || (secrets.has(name) && env[`${name}_FILE`]));

/** An empty variable is one that is not set, as in `docker run -e NAME=`. */
function settingOf(name: string, env: Environment): string | undefined {
  const isSecret = secrets.has(name);
  const file = isSecret ? env[`${name}_FILE`] : undefined;
  if (!file) return (isSecret ? env[name] : env[name]?.trim()) || undefined;
  if (env[name]) throw new ConfigError(`${name}: set twice, here and in ${name}_FILE; takes one of the two`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `${name}_FILE: got ${JSON.stringify(file)}, which cannot be read (${code}); takes a file`,
    );
  }
}

function explain(issue: z.core.$ZodIssue, given: Record<string, string>): string {
  const name = String(issue.path[0]);
  const got = secrets.has(name)
    ? `a value of ${given[name]?.length ?? 0} characters`
    : JSON.stringify(given[name]);
  return `${name}: got ${got}; ${issue.message}`;
}
