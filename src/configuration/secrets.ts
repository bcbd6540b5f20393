import { mask, masked, unmasked } from '../sources/secrets.js';
import type { Settings } from '../sources/settings.js';

type Tree = Record<string, unknown>;

/** A config with null in the place of each secret. */
export const withoutSecrets = (config: Settings): Settings =>
  replaced(masked(config), (value) => (value === mask ? null : value));

/** The secrets of a config alone, each where it stands; null if there is none. */
export function secretsIn(config: Settings): Settings | null {
  const found = differing(config, masked(config));
  return Object.keys(found).length > 0 ? found : null;
}

/**
 * A config of a file as it is meant: where null stands, with the secret that was exported with it, or else the one
 * that is stored. `missing` has the dotted paths of those that are in neither.
 */
export function completed(
  config: Settings,
  exported: Settings,
  stored: Settings,
): { config: Settings; missing: string[] } {
  const own = filled(config, exported);
  const known = unmasked(
    replaced(own, (value) => (value === null ? mask : value)),
    stored,
  );
  return { config: known, missing: pathsOf(known, mask) };
}

function filled(config: Tree, from: Tree): Tree {
  const entries = Object.entries(config).map(([name, value]) => {
    const known = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value === null) return [name, known ?? null];
    return [name, isTree(value) ? filled(value, isTree(known) ? known : {}) : value];
  });
  return Object.fromEntries(entries);
}

function replaced(tree: Tree, by: (value: unknown) => unknown): Tree {
  const entries = Object.entries(tree).map(([name, value]) => [
    name,
    isTree(value) ? replaced(value, by) : by(value),
  ]);
  return Object.fromEntries(entries);
}

function differing(tree: Tree, other: Tree): Tree {
  const entries = Object.entries(tree).flatMap(([name, value]): [string, unknown][] => {
    const there = other[name];
    if (!isTree(value) || !isTree(there)) return value === there ? [] : [[name, value]];
    const inner = differing(value, there);
    return Object.keys(inner).length > 0 ? [[name, inner]] : [];
  });
  return Object.fromEntries(entries);
}

function pathsOf(tree: Tree, wanted: unknown): string[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    if (isTree(value)) return pathsOf(value, wanted).map((path) => `${name}.${path}`);
    return value === wanted ? [name] : [];
  });
}

const isTree = (value: unknown): value is Tree =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
