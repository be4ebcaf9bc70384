import { checkIdentifier } from './identifiers';

/** A table, in any spelling that PostgreSQL allows. */
export interface TableName {
  /** The schema, e.g. `public`. */
  readonly schema: string;
  /** The table, without its schema. */
  readonly table: string;
}

/** A pattern of `pg_dump` that matches this one table: within quotes no character is special. */
export function pattern({ schema, table }: TableName): string {
  for (const [property, name] of [
    ['schema', schema],
    ['table', table],
  ] as const) {
    checkIdentifier(`backupCronJob.excludeTableData.${property}`, name);
  }
  return [schema, table].map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
}
