import { csrfSync } from 'csrf-sync';

/**
 * The synchroniser token pattern (OWASP): every changing request from a page carries the session's token,
 * in a field, a header, or, where a form sends files and its body is read later, in the query.
 */
const { csrfSynchronisedProtection, generateToken } = csrfSync({
  size: 32,
  getTokenFromRequest: (req) => req.body?._csrf ?? req.get('X-CSRF-Token') ?? req.query._csrf,
  errorConfig: {
    message: 'This form is out of date, or was not sent from our page. Load the page again, then repeat.',
  },
});

export { csrfSynchronisedProtection as csrfProtection, generateToken as csrfToken };
