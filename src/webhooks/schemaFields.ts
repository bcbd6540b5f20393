import type { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A field of a body as people read it; `path` is dotted: `conversation.id`. */
export type SchemaField = { path: string; type: string; required: boolean; meaning: string };

/** The fields of a JSON Schema of an object, each before those inside it. */
export function fieldsOf(schema: JsonSchema, within = ''): SchemaField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const inner = given as JsonSchema;
    const field = {
      path: `${within}${name}`,
      type: typeOf(inner),
      required: schema.required?.includes(name) ?? false,
      meaning: inner.description ?? '',
    };
    return [field, ...fieldsOf(inner, `${field.path}.`)];
  });
}

function typeOf({ type, const: only, format }: JsonSchema): string {
  if (only !== undefined) return JSON.stringify(only);
  return format ? `${type} (${format})` : String(type);
}
