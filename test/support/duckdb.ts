import { DuckDBInstance } from "@duckdb/node-api";

/** Asks DuckDB, which we did not write; every value as text, so that none is rounded on the way. */
export async function askDuckDB(sql: string): Promise<Record<string, string | null>[]> {
  return tellDuckDB(`select columns(*)::varchar from (${sql})`);
}

/** Has DuckDB run a statement, such as one that writes a file. */
export async function tellDuckDB(sql: string): Promise<Record<string, string | null>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowObjects().map((row) => ({ ...row })) as Record<string, string | null>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
