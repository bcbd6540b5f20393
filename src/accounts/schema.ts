import { z } from 'zod';

export const role = z.enum(['admin', 'agent']);
export const email = z.email('Not an e-mail address').max(254).toLowerCase();
export const password = z.string().min(8, 'At least 8 characters').max(256, 'At most 256 characters');
const name = z.string().trim().min(1, 'Missing').max(100, 'At most 100 characters');

export const newUser = z.strictObject({ email, name, role, password });
export type NewUser = z.infer<typeof newUser>;

export const firstAdmin = newUser.omit({ role: true });
export const credentials = z.object({
  email: z.string().max(254).toLowerCase(),
  password: z.string().max(256),
});
export const newApiKey = z.object({ name: name.default('API key') });
