import { timingSafeEqual } from 'node:crypto';
import { type Request, type RequestHandler, Router } from 'express';
import ipaddr from 'ipaddr.js';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Deps } from './deps.js';
import { Forbidden } from './errors.js';
import type { Counted } from './figures/count.js';
import { figureStore } from './figures/store.js';
import { webhooksByHealth } from './webhooks/healthStore.js';

export type Metrics = {
  /** One attempt that was made, what became of its delivery, and how long (ms) it took. */
  attempt: (outcome: Counted, durationMs: number) => void;
  /** A webhook is in another state now. */
  webhookChanged: (state: 'failing' | 'healthy' | 'paused' | 'resumed' | 'disabled') => void;
  text: () => Promise<string>;
  contentType: string;
};

let processMetrics: Registry | undefined;

/** Those of the process itself are collected once, whoever asks: each collector observes it for as long as it lives. */
function ofTheProcess(): Registry {
  if (!processMetrics) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  return processMetrics;
}

/** Names and units by Prometheus' conventions; what can be counted in the database is asked there when it is read. */
export function createMetrics({ reader, clock }: Pick<Deps, 'reader' | 'clock'>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const attempts = new Counter({
    name: 'hookbell_delivery_attempts_total',
    help: 'Attempts that this process made, by outcome; retried: it failed and is tried again',
    labelNames: ['outcome'],
    registers,
  });
  const deliveries = new Counter({
    name: 'hookbell_deliveries_total',
    help: 'Deliveries that this process brought to an end, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'hookbell_delivery_attempt_duration_seconds',
    help: 'Whole attempts that this process made: connect, headers and body',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30],
    registers,
  });
  // A rate can be told from the first one on.
  for (const outcome of ['delivered', 'retried', 'failed']) attempts.inc({ outcome }, 0);
  for (const outcome of ['delivered', 'failed']) deliveries.inc({ outcome }, 0);
  const changes = new Counter({
    name: 'hookbell_webhook_state_changes_total',
    help: 'Changes of the state of webhooks in this process, by the state that followed; disabled: by a 410',
    labelNames: ['state'],
    registers,
  });
  for (const state of ['failing', 'healthy', 'paused', 'resumed', 'disabled']) changes.inc({ state }, 0);
  const figures = figureStore(reader);
  new Gauge({
    name: 'hookbell_deliveries_waiting',
    help: 'Deliveries that wait to be sent, of all webhooks',
    registers,
    async collect() {
      this.set(await figures.waiting());
    },
  });
  new Gauge({
    name: 'hookbell_oldest_due_delivery_age_seconds',
    help: 'How long the delivery that is due the longest has been due, of webhooks that are neither paused nor disabled; 0 when none is',
    registers,
    async collect() {
      this.set(((await figures.oldestDueMs(clock())) ?? 0) / 1000);
    },
  });
  new Gauge({
    name: 'hookbell_webhooks',
    help: 'Outgoing webhooks, by health',
    labelNames: ['health'],
    registers,
    async collect() {
      for (const [health, count] of await webhooksByHealth(reader)) this.set({ health }, count);
    },
  });
  new Gauge({
    name: 'hookbell_syncs',
    help: 'Syncs that wait or run',
    labelNames: ['status'],
    registers,
    async collect() {
      for (const status of ['queued', 'running']) {
        const [row] = await reader('syncs').whereRaw(`status = '${status}'`).count({ count: '*' });
        this.set({ status }, Number(row?.count ?? 0));
      }
    },
  });
  const everything = Registry.merge([ofTheProcess(), registry]);
  return {
    webhookChanged: (state) => changes.inc({ state }),
    attempt(outcome, durationMs) {
      attempts.inc({ outcome });
      if (outcome !== 'retried') deliveries.inc({ outcome });
      durations.observe(durationMs / 1000);
    },
    text: () => everything.metrics(),
    contentType: everything.contentType,
  };
}

/** For callers on this machine; with `METRICS_TOKEN` for whoever has it. */
export function metricsRoutes({ config }: Pick<Deps, 'config'>, metrics: Metrics): Router {
  const router = Router();
  router.get('/metrics', allow(config.metricsToken), async (_req, res) => {
    res
      .set('Cache-Control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text());
  });
  return router;
}

function allow(token: string | undefined): RequestHandler {
  return (req, res, next) => {
    if (isHere(req) || (token !== undefined && bears(req, token))) return next();
    const { status, message } = new Forbidden('Only for callers on this machine, or with METRICS_TOKEN');
    res.status(status).type('text/plain').send(`${message}\n`);
  };
}

/** A proxy on this machine calls from here too, for whoever it forwards. */
function isHere(req: Request): boolean {
  const { remoteAddress } = req.socket;
  if (req.get('X-Forwarded-For') !== undefined || req.get('Forwarded') !== undefined || !remoteAddress)
    return false;
  return ipaddr.process(remoteAddress).range() === 'loopback';
}

function bears(req: Request, token: string): boolean {
  const given = Buffer.from(req.get('Authorization') ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
