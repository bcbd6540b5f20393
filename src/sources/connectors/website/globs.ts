import picomatch from 'picomatch';
import type { Verdict } from '../connector.js';
import { pathOf } from './address.js';

type Globs = { include?: readonly string[]; exclude?: readonly string[] };

/**
 * Globs are matched on the path of a page, e.g. `/docs/**`: `*` is anything within a part of it, `**` any
 * number of parts, `{a,b}` one or the other; `/docs/**` takes in `/docs` itself. Case matters, the query does not.
 */
export function likeness({ include = [], exclude = [] }: Globs): (address: string) => Verdict {
  const included = include.map(matcher);
  const excluded = exclude.map(matcher);
  return (address) => {
    const path = pathOf(address);
    // `/docs/` is `/docs` to whoever writes a glob.
    const paths = [...new Set([path, path.replace(/(.)\/$/, '$1')])];
    const like = included.find(({ matches }) => paths.some(matches));
    if (include.length > 0 && !like) return { kind: 'unlike', why: 'like none of the paths to include' };
    const unlike = excluded.find(({ matches }) => paths.some(matches));
    if (unlike) return { kind: 'unlike', why: `excluded by “${unlike.glob}”` };
    return { kind: 'wanted', why: like ? `like “${like.glob}”` : null };
  };
}

function matcher(glob: string) {
  const matches = picomatch(/^[/*]/.test(glob) ? glob : `/${glob}`, { dot: true });
  return { glob, matches: (path: string) => matches(path) };
}
