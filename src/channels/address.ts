/** What is called is below it. */
export const channelUrl = (publicUrl: string, id: string) => `${publicUrl}/api/public/channels/${id}/1.0`;

/** The calls of a channel, ready to paste. The URL and a secret hold only characters that need no quoting. */
export function channelSnippets(url: string, secret: string) {
  return [
    {
      id: 'conversation',
      name: 'Begin a conversation',
      code: `curl -fsS -X POST '${url}/conversation' \\\n  -H 'X-API-Secret-Key: ${secret}'`,
      answer: '{"success":true,"conversationId":"…","response":"the bot’s welcome message"}',
    },
    {
      id: 'message',
      name: 'Say something and get the answer',
      code: `curl -fsS -X POST '${url}/message' \\\n  -H 'X-API-Secret-Key: ${secret}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"message":"Can I return an item?","conversationId":"…"}'`,
      answer: '{"response":"the bot’s answer","conversationId":"…"}',
    },
  ];
}
