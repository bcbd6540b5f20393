import { STATUS_CODES } from 'node:http';
import { SourceError } from '../sources/connectors/connector.js';
import { Refused } from './guard.js';

/** A fetch that failed; the message is a reason for people. `status` is that of the answer, if there was one. */
export class FetchError extends SourceError {
  override name = 'FetchError';
  readonly status: number | null;
  /** Milliseconds after which asking again may help; null if it will not. */
  readonly retryAfter: number | null;

  constructor(reason: string, about: { status?: number; retryAfter?: number | null; cause?: unknown } = {}) {
    super(reason, { cause: about.cause });
    this.status = about.status ?? null;
    this.retryAfter = about.retryAfter ?? null;
  }
}

const reasons: Record<string, (host: string) => string> = {
  ENOTFOUND: (host) => `the name ${host} could not be found`,
  EAI_AGAIN: (host) => `the name ${host} could not be looked up just now`,
  ECONNREFUSED: (host) => `${host} refused the connection`,
  ECONNRESET: (host) => `${host} closed the connection before its answer was complete`,
  EPIPE: (host) => `${host} closed the connection before its answer was complete`,
  EHOSTUNREACH: (host) => `${host} cannot be reached from here`,
  ENETUNREACH: (host) => `${host} cannot be reached from here`,
  CERT_HAS_EXPIRED: (host) => `the certificate of ${host} has expired`,
  CERT_NOT_YET_VALID: (host) => `the certificate of ${host} is not valid yet`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (host) => `the certificate of ${host} is self-signed`,
  SELF_SIGNED_CERT_IN_CHAIN: (host) => `the certificate of ${host} is signed by an unknown authority`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: (host) => `the certificate of ${host} is signed by an unknown authority`,
  UNABLE_TO_GET_ISSUER_CERT: (host) => `the certificate of ${host} is signed by an unknown authority`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (host) => `the certificate of ${host} is signed by an unknown authority`,
  ERR_TLS_CERT_ALTNAME_INVALID: (host) => `the certificate is not for ${host}`,
};

const families: [RegExp, (host: string) => string][] = [
  [/^HPE_/, (host) => `${host} does not answer in HTTP`],
  [/^Z_|^ERR_.*ZLIB|^ERR__ERROR_FORMAT/, () => 'the answer is compressed but broken'],
  [/^ERR_SSL_|^EPROTO$|^ERR_TLS_/, (host) => `no secure connection to ${host} could be made`],
];

/** Puts what went wrong on the way into words. */
export function explained(error: unknown, { host }: URL): FetchError {
  if (error instanceof FetchError) return error;
  const { cause = error } = error as { cause?: unknown };
  if (cause instanceof Refused) return new FetchError(cause.message, { cause });
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  const words = reasons[code] ?? families.find(([pattern]) => pattern.test(code))?.[1];
  // A reset is often no more than a kept-alive connection that the server had just given up.
  const retryAfter = code === 'ECONNRESET' || code === 'EPIPE' ? 0 : null;
  return new FetchError(words?.(host) ?? `the request to ${host} failed: ${message}`, { retryAfter, cause });
}

/** An answer that is neither a success nor a redirect. */
export function refusedByServer(status: number, headers: Record<string, unknown>): FetchError {
  const reason = `the server answered ${`${status} ${STATUS_CODES[status] ?? ''}`.trim()}`;
  return new FetchError(reason, { status, retryAfter: busy(status) ? retryAfter(headers) : null });
}

function busy(status: number): boolean {
  return status === 429 || status === 503;
}

/** Retry-After in milliseconds (RFC 9110, 10.2.3). A date is measured by the server's own clock. */
export function retryAfter({ 'retry-after': after, date }: Record<string, unknown>): number | null {
  if (typeof after !== 'string') return null;
  if (/^\d+$/.test(after)) return Number(after) * 1000;
  const wait = Date.parse(after) - Date.parse(String(date));
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
