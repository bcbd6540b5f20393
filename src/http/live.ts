import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';

/** Tells open pages that something changed. Topics are names such as `bot:{id}` or `webhook:{id}`. */
export type Live = {
  publish: (topic: string, event: string, details?: object) => void;
  /** Answers with server-sent events (HTML Standard, 9.2) of these topics until the page goes away. */
  stream: (req: Request, res: Response, topics: string[]) => void;
  /** Ends every open stream; browsers reconnect by themselves. */
  close: () => void;
};

const pause = 200;
const heartbeat = 25_000;

/** One message a topic and event each 200 ms at most, the latest, however fast they come. */
export function createLive(): Live {
  const topicsHeard = new EventEmitter().setMaxListeners(0);
  const held = new Map<string, { details: object; again: boolean }>();
  const streams = new Set<Response>();

  function publish(topic: string, event: string, details: object = {}): void {
    if (topicsHeard.listenerCount(topic) === 0) return;
    const name = `${topic} ${event}`;
    const waiting = held.get(name);
    if (waiting) {
      held.set(name, { details, again: true });
      return;
    }
    topicsHeard.emit(topic, event, details);
    held.set(name, { details, again: false });
    setTimeout(() => {
      const latest = held.get(name);
      held.delete(name);
      if (latest?.again) publish(topic, event, latest.details);
    }, pause).unref();
  }

  function stream(req: Request, res: Response, topics: string[]): void {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    });
    res.write('retry: 1000\n\n');
    const send = (event: string, details: object) => {
      res.write(`event: ${event}\ndata: ${JSON.stringify(details)}\n\n`);
    };
    for (const topic of topics) topicsHeard.on(topic, send);
    const beat = setInterval(() => res.write(': still here\n\n'), heartbeat);
    streams.add(res);
    req.on('close', () => {
      clearInterval(beat);
      streams.delete(res);
      for (const topic of topics) topicsHeard.off(topic, send);
    });
  }

  return {
    publish,
    stream,
    close: () => {
      for (const res of streams) res.end();
    },
  };
}
