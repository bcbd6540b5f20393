import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { type Notices, nobodyElse } from '../databases/notices.js';

/** Tells open pages that something changed. Topics are names such as `bot:{id}` or `webhook:{id}`. */
export type Live = {
  /** For pages that look again: the latest of a topic and event each 200 ms is enough. */
  publish: (topic: string, event: string, details?: object) => void;
  /** For streams in which every one counts: all of them, at once, in order. */
  tell: (topic: string, event: string, details?: object) => void;
  /** Hears a topic until the returned function is called. */
  listen: (topic: string, hear: Hear) => () => void;
  /** Answers with server-sent events (HTML Standard, 9.2) of these topics until the page goes away. */
  stream: (req: Request, res: Response, topics: string[]) => void;
  /** The same, without a topic: what is sent is the caller's to say. */
  open: (req: Request, res: Response) => Stream;
  /** Ends every open stream; browsers reconnect by themselves. */
  close: () => void;
};

type Hear = (event: string, details: object) => void;

export type Stream = {
  /** With an `id`, a browser that reconnects tells it as `Last-Event-ID`. */
  send: (event: string, details: object, id?: number) => void;
  end: () => void;
  isOpen: () => boolean;
  onClose: (then: () => void) => void;
};

const pause = 200;
const heartbeat = 25_000;
const mostUnread = 1024 * 1024;

type Message = { topic: string; event: string; details: object };

/** One message a topic and event each 200 ms at most, the latest, however fast they come; to all processes. */
export function createLive(notices: Notices = nobodyElse): Live {
  const topicsHeard = new EventEmitter().setMaxListeners(0);
  const held = new Map<string, { details: object; again: boolean }>();
  const streams = new Set<Response>();

  function publish(topic: string, event: string, details: object = {}): void {
    if (topicsHeard.listenerCount(topic) === 0 && notices === nobodyElse) return;
    const name = `${topic} ${event}`;
    const waiting = held.get(name);
    if (waiting) {
      held.set(name, { details, again: true });
      return;
    }
    tell(topic, event, details);
    held.set(name, { details, again: false });
    setTimeout(() => {
      const latest = held.get(name);
      held.delete(name);
      if (latest?.again) publish(topic, event, latest.details);
    }, pause).unref();
  }

  function tell(topic: string, event: string, details: object = {}): void {
    topicsHeard.emit(topic, event, details);
    notices.tell('live', { topic, event, details } satisfies Message);
  }

  notices.hear('live', ({ topic, event, details }: Message) => void topicsHeard.emit(topic, event, details));

  function listen(topic: string, hear: Hear): () => void {
    topicsHeard.on(topic, hear);
    return () => topicsHeard.off(topic, hear);
  }

  function open(req: Request, res: Response): Stream {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    });
    res.write('retry: 1000\n\n');
    const beat = setInterval(() => res.writableEnded || res.write(': still here\n\n'), heartbeat);
    streams.add(res);
    const forget = () => {
      clearInterval(beat);
      streams.delete(res);
    };
    // Of a page that went away before this, no `close` comes any more.
    if (res.destroyed) forget();
    else res.on('close', forget);
    // Express answers HEAD with the handler of GET: it would never end.
    if (req.method === 'HEAD') res.end();
    const isOpen = () => !res.writableEnded && !res.destroyed;
    return {
      isOpen,
      send(event, details, id) {
        if (!isOpen()) return;
        res.write(
          `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(details)}\n\n`,
        );
        // Whoever does not read is cut off, and reads on from where they were when they come back.
        if (res.writableLength > mostUnread) res.destroy();
      },
      end: () => res.end(),
      onClose: (then) => (res.destroyed ? then() : void res.on('close', then)),
    };
  }

  function stream(req: Request, res: Response, topics: string[]): void {
    const { send, onClose } = open(req, res);
    const stops = topics.map((topic) => listen(topic, (event, details) => send(event, details)));
    onClose(() => {
      for (const stop of stops) stop();
    });
  }

  return {
    publish,
    tell,
    listen,
    stream,
    open,
    close: () => {
      for (const res of streams) res.end();
    },
  };
}
