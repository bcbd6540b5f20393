import { z } from 'zod';
import { passphrase } from './passphrase.js';

/** For a new file. Null: secrets are left out. */
export const exportForm = z.object({ passphrase: passphrase.nullable().default(null) });

/** Of a file that there is; however short, it may be right. */
export const passphraseGiven = z.object({ passphrase: z.string().max(1000).nullable().default(null) });
