type Stop = () => unknown;
type Place = { stops: Stop[]; end: () => Promise<void> };

const open = new Set<Place>();

/**
 * Runs `work`, which names what is to be stopped `later`; the latest is stopped first, also when it fails or is
 * interrupted.
 */
export async function cleaningUp<T>(work: (later: (stop: Stop) => void) => Promise<T>): Promise<T> {
  const place = newPlace();
  open.add(place);
  try {
    return await work((stop) => place.stops.push(stop));
  } finally {
    await place.end();
    open.delete(place);
  }
}

/** For the end of the process: stops whatever was not stopped yet, the latest first. */
export async function cleanUpNow(): Promise<void> {
  for (const place of [...open].reverse()) await place.end();
}

function newPlace(): Place {
  const stops: Stop[] = [];
  let ending: Promise<void> | null = null;

  async function stopAll(): Promise<void> {
    for (let stop = stops.pop(); stop; stop = stops.pop()) {
      await Promise.resolve(stop()).catch((error) => console.error('could not clean up:', error));
    }
  }

  return {
    stops,
    end: () => {
      ending ??= stopAll();
      return ending;
    },
  };
}
