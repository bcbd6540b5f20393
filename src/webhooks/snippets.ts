/** The call of a trigger URL, ready to paste. The URL holds only characters that need no quoting. */
export function snippets(url: string) {
  return [
    { id: 'curl', name: 'curl', code: `curl -fsS -X POST '${url}'` },
    {
      id: 'fetch',
      name: 'JavaScript fetch',
      code: `const response = await fetch('${url}', { method: 'POST' });\nconsole.log(response.status, await response.json());`,
    },
    {
      id: 'requests',
      name: 'Python requests',
      code: `import requests\n\nresponse = requests.post('${url}', timeout=10)\nprint(response.status_code, response.json())`,
    },
  ];
}
