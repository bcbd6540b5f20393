import { csrfSync } from 'csrf-sync';

/**
 * The synchroniser token pattern (OWASP): every changing request from a page carries the session's token,
 * in a field, a header, or, where a form sends files and its body is read later, in the query.
 */
const { csrfSynchronisedProtection, generateToken } = csrfSync({
  getTokenFromRequest: (req) => req.body?._csrf ?? req.get('X-CSRF-Token') ?? req.query._csrf,
});

export { csrfSynchronisedProtection as csrfProtection, generateToken as csrfToken };
