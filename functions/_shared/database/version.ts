/** The version of the schema that the functions need: what `byok.schema_version()` answers at least. They work on any later one. */
export const schemaVersion = 1;
