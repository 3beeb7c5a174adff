// What the registry holds: every version of every message type as a JSON Schema document, under the key of its header.
import { MESSAGE_SCHEMAS, type MessageSchema } from './messages.ts';
import type { Compatibility, Schema } from './schema-compatibility.ts';
import { bucketSubject, SCHEMAS_BUCKET, schemaKey } from './subjects.ts';

/** An entry of the bucket `schemas`. */
export interface SchemaSpec {
  /** Subject of the messages without variable tokens, such as `NEWS.received`. */
  readonly subject: string;
  readonly version: number;
  /** Key in the bucket: `<subject>.<version>`. */
  readonly key: string;
  /** The JSON Schema, draft 7, which names itself: `urn:newsjet:NEWS.received:1`. */
  readonly document: Schema;
}

/** What is registered, and what a version owes to those before it. */
export interface SchemaRegistry {
  readonly compatibility: Compatibility;
  readonly schemas: readonly SchemaSpec[];
}

/** Every version of every message type that this release knows. */
export const SCHEMAS: readonly SchemaSpec[] = MESSAGE_SCHEMAS.map(schemaSpec);

/** The registry's entry for a message type. */
export function schemaSpec({ subject, version, description, schema }: MessageSchema): SchemaSpec {
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:newsjet:${subject}:${version}`,
    title: `${subject}/${version}`,
    description,
    ...schema,
  };
  return { subject, version, key: schemaKey(subject, version), document };
}

/** Subject on which an entry is stored. */
export const schemaSubject = ({ key }: SchemaSpec): string => bucketSubject(SCHEMAS_BUCKET, key);
