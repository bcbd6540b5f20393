import { z } from 'zod';

/** How a test receiver answers: with a status, with 200 after some seconds, or never. */
export const answers = ['200', '500', '410', '302', '429', 'slow', 'none'] as const;
export type AnswerKind = (typeof answers)[number];

/** `seconds`: of `slow`, the wait before the answer; of `429`, Retry-After; null for the others. */
export type Answer = { kind: AnswerKind; seconds: number | null };

const seconds = (most: number, preset: number) =>
  z.coerce
    .number('A whole number')
    .int('A whole number')
    .min(1, 'At least 1 second')
    .max(most, `At most ${most.toLocaleString('en')} seconds`)
    .default(preset);

const unread = z.unknown().optional();
const plain = <K extends AnswerKind>(kind: K) =>
  z.object({ answer: z.literal(kind), delay: unread, retryAfter: unread });

const name = z.string('Missing').trim().min(1, 'Missing').max(100, 'At most 100 characters');

/** Without a name it is given the next number. */
export const newReceiver = z.object({ name: name.optional() });
export const rename = z.object({ name });

/** The form of a receiver; of the two waits only the one of the chosen answer is read. */
export const answerForm = z
  .discriminatedUnion(
    'answer',
    [
      plain('200'),
      plain('500'),
      plain('410'),
      plain('302'),
      plain('none'),
      z.object({ answer: z.literal('429'), retryAfter: seconds(3600, 30) }),
      z.object({ answer: z.literal('slow'), delay: seconds(30, 5) }),
    ],
    'Choose one of the answers',
  )
  .transform((form): Answer => {
    if (form.answer === '429') return { kind: form.answer, seconds: form.retryAfter };
    if (form.answer === 'slow') return { kind: form.answer, seconds: form.delay };
    return { kind: form.answer, seconds: null };
  });
