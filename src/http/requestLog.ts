import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

/** A line a request, with neither headers nor query, and without the secrets that stand in paths. */
export function requestLog(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    // The library would first copy the request with all its headers, and print errors with all their fields.
    wrapSerializers: false,
    serializers: {
      req: ({ id, method, originalUrl }: Request) => ({ id, method, path: safePath(originalUrl) }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
    },
    customLogLevel: (_req, res, error) => {
      // A test receiver that was told to fail does what it should.
      if ((res as Partial<Response>).locals?.isTold) return 'debug';
      if (error || res.statusCode >= 500) return 'error';
      return res.statusCode >= 400 ? 'info' : 'debug';
    },
  });
}

/** Everything behind `/api/public/{kind}/{id}` and behind `/inbox` is a secret. */
export function safePath(url: string): string {
  const [path = ''] = url.split('?');
  return path
    .replace(/^(\/+api\/+public\/+[^/]+\/+[^/]+\/).+/i, '$1[secret]')
    .replace(/^(\/+inbox\/).+/i, '$1[secret]');
}
