export const mask = '••••••';

type Config = Record<string, unknown>;

/** Fields of a config that are secret, whatever the type: the values of `headers`, and `token`. */
export function masked(config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (name === 'token' && typeof value === 'string') return [name, mask];
      if (name === 'headers' && isObject(value)) return [name, mapped(value, () => mask)];
      return [name, value];
    }),
  );
}

/** Where a mask was sent back, what is stored stays; but no secret is sent to another site than before. */
export function unmasked(config: Config, stored: Config): Config {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (name === 'token' && value === mask && config.baseUrl === stored.baseUrl)
        return [name, stored.token];
      if (name !== 'headers' || !isObject(value)) return [name, value];
      const isHome = originOf(config.url) === originOf(stored.url);
      const before = isHome && isObject(stored.headers) ? stored.headers : {};
      return [
        name,
        mapped(value, (header) => (value[header] === mask ? (before[header] ?? mask) : value[header])),
      ];
    }),
  );
}

const originOf = (url: unknown) =>
  typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : null;

const isObject = (value: unknown): value is Config =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const mapped = (object: Config, to: (name: string) => unknown): Config =>
  Object.fromEntries(Object.keys(object).map((name) => [name, to(name)]));
