import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseRules } from './net/rules.js';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function milliseconds(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * units[match[2] as keyof typeof units]) : null;
}

const duration = z.string().transform((text, context) => {
  const value = milliseconds(text);
  if (value !== null && value > 0) return value;
  context.addIssue('a duration such as 500ms, 15s, 5m, 2h or 5d');
  return z.NEVER;
});

const durations = z.string().transform((text, context) => {
  const values = text.split(',').map(milliseconds);
  if (values.every((value) => value !== null)) return values as number[];
  context.addIssue('a comma list of durations such as 5s,5m,30m,2h');
  return z.NEVER;
});

const whole = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= from && value <= to)
    .or(
      z
        .string()
        .refine(() => false, `a whole number from ${from} to ${to}`)
        .transform(Number),
    );

const trustProxy = z.string().transform((text): boolean | number | string => {
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^\d+$/.test(text) ? Number(text) : text;
});

const rules = z.string().transform((text, context) => {
  try {
    return parseRules(text);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});

const variables = {
  DATA_DIR: z
    .string()
    .default('./data')
    .transform((path) => resolve(path)),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a URL such as postgres://user:password@host/name')
    .optional(),
  HOST: z.string().default('0.0.0.0'),
  PORT: whole(0, 65_535).default(3000),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'an http or https URL such as https://bots.example.com' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  SECRET_KEY: z.string().min(16, 'at least 16 characters').optional(),
  ADMIN_EMAIL: z.email('an e-mail address').optional(),
  ADMIN_PASSWORD: z.string().min(8, 'at least 8 characters').optional(),
  OUTBOUND_ALLOW: rules.prefault(''),
  RETRY_SCHEDULE: durations.prefault('5s,5m,30m,2h,5h,10h,14h,20h,24h'),
  DELIVERY_TIMEOUT: duration.prefault('15s'),
  DELIVERY_CONCURRENCY: whole(1, 10_000).default(64),
  ENDPOINT_CONCURRENCY: whole(1, 1_000).default(8),
  SYNC_CONCURRENCY: whole(1, 64).default(2),
  HOOK_RATE_LIMIT: whole(0, 1_000_000).default(120),
  STORAGE_TOKEN_LIMIT: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  RETENTION_DAYS: whole(1, 36_500).default(30),
  PAUSE_AFTER: duration.prefault('5d'),
  ROLE: z.enum(['all', 'web', 'worker'], 'all, web or worker').default('all'),
  TRUST_PROXY: trustProxy.default(false),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'fatal, error, warn, info, debug, trace or silent',
    )
    .default('info'),
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/, error: 'an http or https URL' }).optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'a URL such as smtp://user:password@host:587')
    .optional(),
  MAIL_FROM: z.string().optional(),
  METRICS_TOKEN: z.string().min(8, 'at least 8 characters').optional(),
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

/** Reads the environment once: validated, with defaults, frozen. Throws `ConfigError`. */
export function readConfig(env: Environment = process.env) {
  const given = Object.fromEntries(
    Object.keys(variables).flatMap((name) => {
      const value = settingOf(name, env);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) throw new ConfigError(explain(parsed.error, given));
  const values = parsed.data;
  if (Boolean(values.ADMIN_EMAIL) !== Boolean(values.ADMIN_PASSWORD)) {
    throw new ConfigError('ADMIN_EMAIL and ADMIN_PASSWORD: only one of the two is set; set both or none');
  }
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

function settingOf(name: string, env: Environment): string | undefined {
  const file = env[`${name}_FILE`];
  if (env[name]) return env[name];
  if (!secrets.has(name) || !file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function explain(error: z.ZodError, given: Record<string, string>): string {
  return error.issues
    .map((issue) => {
      const name = String(issue.path[0]);
      const got = secrets.has(name)
        ? `a value of ${given[name]?.length ?? 0} characters`
        : JSON.stringify(given[name]);
      return `${name}: got ${got}; takes ${messageOf(issue)}`;
    })
    .join('\n');
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  return (
    issue.errors
      .flat()
      .map((inner) => inner.message)
      .at(-1) ?? issue.message
  );
}
