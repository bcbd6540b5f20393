type Stop = () => unknown;

const open = new Set<Stop[]>();

/**
 * Runs `work`, which names what is to be stopped `later`; the latest is stopped first, also when it fails or is
 * interrupted.
 */
export async function cleaningUp<T>(work: (later: (stop: Stop) => void) => Promise<T>): Promise<T> {
  const stops: Stop[] = [];
  open.add(stops);
  try {
    return await work((stop) => stops.push(stop));
  } finally {
    await stopAll(stops);
    open.delete(stops);
  }
}

/** For the end of the process: stops whatever was not stopped yet. */
export async function cleanUpNow(): Promise<void> {
  for (const stops of open) await stopAll(stops);
}

async function stopAll(stops: Stop[]): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop()) {
    await Promise.resolve(stop()).catch((error) => console.error('could not clean up:', error));
  }
}
