/** `deadlock_detected` and `serialization_failure` (PostgreSQL, appendix A). */
const codes = ['40P01', '40001'];

/** Two transactions were in each other's way and the database ended this one: begun again, it may well succeed. */
export const isContention = (error: unknown): boolean =>
  codes.includes((error as { code?: string }).code ?? '');
