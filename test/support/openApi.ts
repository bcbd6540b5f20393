import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export type Parameter = {
  in: string;
  name: string;
  required?: boolean;
  schema: object;
  description?: string;
};
export type Operation = {
  operationId: string;
  summary: string;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: object; example?: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
};
type Item = Record<string, Operation>;
export type Document = {
  openapi: string;
  paths: Record<string, Item>;
  webhooks: Record<string, Item>;
  components: { schemas: Record<string, object> };
};

export async function openApiOf({ url }: { url: string }): Promise<Document> {
  const answer = await fetch(`${url}/api/v1/openapi.json`);
  if (answer.status !== 200) throw new Error(`openapi.json: ${answer.status}`);
  return (await answer.json()) as Document;
}

/** Reads schemas as they stand in the document, with its `$ref`s, as strictly as can be. */
export function schemaReader(document: Document): (schema: object) => ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default(ajv);
  // What OpenAPI 3.1 adds to JSON Schema.
  ajv.addVocabulary(['components', 'paths', 'webhooks', 'openapi', 'info', 'servers', 'security']);
  ajv.addSchema({ ...document, $id: 'hookbell' });
  const read = new Map<string, ValidateFunction>();
  return (schema) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"hookbell#/');
    const validate = read.get(text) ?? ajv.compile(JSON.parse(text));
    read.set(text, validate);
    return validate;
  };
}
