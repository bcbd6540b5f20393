import type { RichTextItemResponse } from '@notionhq/client';

/** What is read of it, without its looks and without where its links lead. */
export function plain(text: readonly Pick<RichTextItemResponse, 'plain_text'>[] | undefined): string {
  return (text ?? [])
    .map((part) => part.plain_text)
    .join('')
    .trim();
}
