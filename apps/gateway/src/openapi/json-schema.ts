import { z } from 'zod';

type JsonSchema = Record<string, unknown>;

/**
 * A zod schema as OpenAPI 3.1 has it (JSON Schema 2020-12). Schemas with an id in their metadata become components.
 * Given to @nestjs/swagger, which by itself would ask zod for the dialect of OpenAPI 3.0.
 */
export function convertSchema(
  schema: unknown,
  { schemaType }: { schemaType: 'input' | 'output' },
): { schema: JsonSchema; components: Record<string, JsonSchema> } | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const {
    $schema: _dialect,
    $defs,
    id,
    ...own
  } = z.toJSONSchema(schema, {
    io: schemaType,
    unrepresentable: 'any',
    // Answers get new fields without a new version: clients must not be generated so that they refuse them.
    ...(schemaType === 'output' && { override: openAnswer }),
  }) as JsonSchema;
  const components = Object.fromEntries(
    Object.entries(($defs ?? {}) as Record<string, JsonSchema>).map(([name, value]) => [name, withoutId(value)]),
  );
  if (typeof id !== 'string') return { schema: own, components };
  return { schema: { $ref: `#/$defs/${id}` }, components: { ...components, [id]: own } };
}

/** `id` is zod's own annotation, and means nothing in a JSON Schema. */
function withoutId({ id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function openAnswer({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}
