/** `deadlock_detected` and `serialization_failure` (PostgreSQL, appendix A). */
const codes = ['40P01', '40001'];
const mostTimes = 5;

/** Two transactions were in each other's way and the database ended this one: begun again, it may well succeed. */
export const isContention = (error: unknown): boolean =>
  codes.includes((error as { code?: string }).code ?? '');

/** Begins again, some times, what the database ended for being in the way of another. */
export async function persistently<T>(work: () => Promise<T>, times = mostTimes): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (times <= 1 || !isContention(error)) throw error;
    return persistently(work, times - 1);
  }
}
