import { z } from 'zod';

export const role = z.enum(['admin', 'agent'], 'Must be admin or agent');
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'At most 254 characters')
  .pipe(z.email('Not an e-mail address'));
export const password = z.string().min(8, 'At least 8 characters').max(256, 'At most 256 characters');
const name = z.string().trim().min(1, 'Missing').max(100, 'At most 100 characters');

export const newUser = z.strictObject({ email, name, role, password });
export type NewUser = z.infer<typeof newUser>;

export const firstAdmin = newUser.omit({ role: true });
export const newRole = z.object({ role });
export const newPassword = z.object({ password });
export const passwordChange = z.object({ current: z.string().max(256, 'At most 256 characters'), password });
export const credentials = z.object({
  email: z.string().trim().max(254, 'At most 254 characters').toLowerCase(),
  password: z.string().max(256, 'At most 256 characters'),
});
export const newApiKey = z.object({ name });

/** `?before=`: the id of the last entry of the page before. */
export const auditPage = z.object({
  before: z.coerce.number().int().positive().nullable().default(null),
});
