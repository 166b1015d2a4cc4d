import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import { AssetDefinition, type FieldSpec } from "../../../lib/contract/asset.ts";
import { DativoError } from "../../../lib/contract/errors.ts";
import { runJob } from "../../../lib/job/run-job.ts";
import { nativeCallsInFlight } from "../../../lib/native/calls.ts";
import { liveExports } from "../../../lib/native/export-array.ts";
import { liveNativeArrays } from "../../../lib/native/native-rows.ts";
import { VEGA, writeFiles } from "../../support/cli.ts";
import { askDuckDB, tellDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

interface Case {
  readonly schema: readonly FieldSpec[];
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly job?: Readonly<Record<string, unknown>>;
}

/** What a run leaves, without what differs from run to run. */
interface Outcome {
  readonly rows: unknown;
  readonly types: unknown;
  readonly rejects: readonly { readonly source: string; readonly row: number; readonly reason: string }[];
  readonly counts: unknown;
  readonly warnings: unknown;
  readonly error: unknown;
  readonly encodings: unknown;
}

/** Runs a job over the files of a case, natively or not. */
async function run({ schema, files, job = {} }: Case, native: "on" | "off", signal?: AbortSignal): Promise<Outcome> {
  vi.stubEnv("DATIVO_NATIVE", native);
  const cwd = tempFolder();
  writeFiles(cwd, files);
  const { fields } = new AssetDefinition({ name: "a", schema });
  const asset = { name: "a", version: "1.0.0", source_type: "csv", object: "a", schema: schema.map(toSnake) };
  writeFiles(cwd, { "a.yaml": JSON.stringify(asset) });
  const spec = {
    tenant_id: "acme",
    source_connector: "csv",
    source: { files: Object.keys(files).map((path) => ({ path })) },
    target_connector: "parquet",
    target: { connection: { path: "lake" } },
    asset_path: "a.yaml",
    schema_validation_mode: "warn",
    ...job,
  };
  let error: DativoError | undefined;
  let receipt: Awaited<ReturnType<typeof runJob>> | undefined;
  try {
    receipt = await runJob(spec, { cwd, env: { STATE_DIR: join(cwd, "state") }, ...(signal ? { signal } : {}) });
  } catch (cause) {
    if (!(cause instanceof DativoError)) throw cause;
    error = cause;
  }
  const lake = `read_parquet('${cwd}/lake/*.parquet', union_by_name => true)`;
  const has = visibleFiles(join(cwd, "lake")).length > 0;
  const order = fields.map((_, index) => index + 1).join(", ");
  return {
    rows: has ? await askDuckDB(`select columns(*)::varchar from ${lake} order by ${order}`) : [],
    types: has
      ? await askDuckDB(`select name, column_type from (describe select * from ${lake}) t(name, column_type)`)
      : [],
    rejects: rejectsUnder(cwd),
    counts: receipt?.counts,
    warnings: receipt?.warnings,
    error: error && {
      code: error.code,
      message: error.message.replaceAll(cwd, ""),
      culprit: error.culprit,
      hint: error.hint,
    },
    encodings: has
      ? await askDuckDB(
          `select distinct encodings from parquet_metadata('${cwd}/lake/*.parquet') where path_in_schema = 'id'`,
        )
      : [],
  };
}

function toSnake(field: FieldSpec): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(field).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}

function rejectsUnder(cwd: string): Outcome["rejects"] {
  const paths = readdirSync(cwd, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".rejects"));
  const lines = paths.flatMap((path) => readFileSync(join(cwd, path), "utf8").trim().split("\n").filter(Boolean));
  const rejects = lines.map((line): { source: string; row: number; reason: string } => {
    const { run_id: _, ...rest } = JSON.parse(line);
    return rest;
  });
  // In TypeScript those that are no records come before those that break the contract, batch by batch.
  return rejects.sort((a, b) => a.source.localeCompare(b.source) || a.row - b.row);
}

/** Both ways must leave the same; `encodings` shows that they were two. */
async function compare(one: Case): Promise<{ native: Outcome; script: Outcome }> {
  const native = await run(one, "on");
  const script = await run(one, "off");
  expect({ ...native, encodings: undefined }).toEqual({ ...script, encodings: undefined });
  return { native, script };
}

const PEOPLE: readonly FieldSpec[] = [
  { name: "id", type: "integer", required: true, unique: true },
  { name: "name", type: "string", required: true, maxLength: 12 },
  { name: "kind", type: "string", enum: ["a", "b"] },
  { name: "born", type: "date" },
  { name: "paid", type: "decimal(10,2)", minimum: 0 },
  { name: "seen", type: "timestamptz" },
];

const HEAD = "id,name,kind,born,paid,seen\n";

describeNative("CSV into Parquet, natively and not", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    expect([liveNativeArrays(), liveExports(), nativeCallsInFlight()]).toEqual([0, 0, 0]);
  });

  it("is served by the libraries, or by TypeScript when DATIVO_NATIVE is off", async () => {
    const { native, script } = await compare({
      schema: PEOPLE,
      files: { "a.csv": `${HEAD}1,Ada,a,1815-12-10,1.5,\n` },
    });
    expect(native.encodings).not.toEqual(script.encodings);
  });

  it("keeps what is unique unique over all files, and says where a bad record stands", async () => {
    const { native } = await compare({
      schema: PEOPLE,
      files: {
        "a.csv": `${HEAD}1,Ada,a,,,\n2,Bob,c,,,\nx,Cid,a,,,\n3,"Di\nna",b,,,\n`,
        "b.csv": `${HEAD}1,Eve,a,,,\n4,Fay,a,,,\n4,Gus,a,,,\n,Hal,a,,-1,\n`,
      },
    });
    expect(native.counts).toMatchObject({ read: 8, written: 3, rejected: 5 });
  });

  it("reads gzip, other dialects, and files with columns of their own", async () => {
    const engine = { options: { delimiter: ";", quote_char: "'", null_values: ["-"] } };
    const source = { files: [{ path: "a.csv.gz" }, { path: "b.csv" }], engine };
    await compare({
      schema: PEOPLE,
      files: {
        "a.csv.gz": gzipSync("id;name;extra\n1;'A;da';x\n2;-;y\n"),
        "b.csv": "name;id\nBob;3\n",
      },
      job: { source },
    });
  });

  it.each([
    ["an unclosed quote", `${HEAD}1,Ada,a,,,\n2,"Bob,a,,,\n`],
    ["no header", ""],
    ["a header without a required column", "id,nmae\n1,x\n"],
    ["a column twice", "id,name,id\n1,x,2\n"],
    ["bytes that are no text", Buffer.from(`${HEAD}1,Ad\xff,a,,,\n2,Bob,a,,,\n`, "latin1")],
    ["records of another width", `${HEAD}1,Ada\n2,Bob,a,,,\n3,Cid,a,,,,,\n`],
    ["text in UTF-16", Buffer.from(`\ufeff${HEAD}`, "utf16le")],
    ["a table without records", HEAD],
  ])("says the same of %s", async (_, content) => {
    await compare({ schema: PEOPLE, files: { "a.csv": content } });
    await compare({ schema: PEOPLE, files: { "a.csv": content }, job: { schema_validation_mode: "strict" } });
  });

  it("takes what only TypeScript can do back to TypeScript", async () => {
    const options = [{ encoding: "latin1" }, { comment: "#" }, { delimiter: "||" }];
    for (const engine of options.map((one) => ({ options: one }))) {
      const source = { files: [{ path: "a.csv" }], engine };
      const delimiter = engine.options.delimiter ?? ",";
      const content = Buffer.from(`${HEAD}1,J\xf8rn,a,,,\n`.replaceAll(",", delimiter), "latin1");
      await compare({ schema: PEOPLE, files: { "a.csv": content }, job: { source } });
    }
  });

  it("hands records to stages in JavaScript, whose rejects know the record", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i},n${i},${i % 7 === 0 ? "z" : "a"},,${i},\n`);
    const { native, script } = await (async () => {
      const one = {
        schema: PEOPLE,
        files: { "a.csv": HEAD + lines.join("") },
        job: { map: { casts: { name: "integer" } } },
      };
      return { native: await run(one, "on"), script: await run(one, "off") };
    })();
    expect(native.counts).toEqual(script.counts);
    // Of records that passed the contract natively the number is kept, and not the text they were made of.
    const numbers = ({ rejects }: Outcome) => rejects.map(({ row, reason }) => [row, reason]);
    expect(numbers(native)).toEqual(numbers(script));
  });

  it("gives the same for real data", async () => {
    const zips: readonly FieldSpec[] = [
      { name: "zip_code", type: "string", required: true, pattern: "^[0-9]{5}$" },
      { name: "latitude", type: "double", minimum: 24 },
      { name: "longitude", type: "double" },
      { name: "city", type: "string", minLength: 4 },
      { name: "state", type: "string", enum: ["NY", "CA", "TX"] },
    ];
    const { native } = await compare({ schema: zips, files: { "zips.csv": readFileSync(join(VEGA, "zipcodes.csv")) } });
    expect(native.counts).toMatchObject({ read: 42_049 });
  });

  it("gives the same for any records", async () => {
    const cell = fc.constantFrom(
      "",
      "1",
      "-2",
      "a",
      "b",
      "Ada",
      "NULL",
      "2020-02-29",
      "2021-02-29",
      "1.25",
      "1.255",
      '"x""y"',
      '"q',
      "é",
      "2020-01-01T00:00:00Z",
      "9007199254740993",
    );
    const record = fc.array(cell, { minLength: 5, maxLength: 7 }).map((cells) => cells.join(","));
    const table = fc
      .array(record, { maxLength: 12 })
      .map((records) => `${HEAD}${records.map((one) => `${one}\n`).join("")}`);
    for (const content of fc.sample(table, { numRuns: 25, seed: 7 }))
      await compare({ schema: PEOPLE, files: { "a.csv": content } });
  });

  it("gives every array back when the run fails", async () => {
    const lines = Array.from({ length: 300_000 }, (_, i) => `${i},n,a,,,\n`);
    const files = { "a.csv": `${HEAD}${lines.join("")}x,y,z\n` };
    const failed = await run({ schema: PEOPLE, files, job: { schema_validation_mode: "strict" } }, "on");
    expect(failed.error).toMatchObject({ code: "DTV_CONTRACT_VIOLATED" });
  });

  it.each([20, 40, 60, 80, 120, 160])("gives every array back when the run is stopped after %i ms", async (ms) => {
    const lines = Array.from({ length: 400_000 }, (_, i) => `${i},n,a,,,\n`);
    const stopped = await run(
      { schema: PEOPLE, files: { "a.csv": HEAD + lines.join("") } },
      "on",
      AbortSignal.timeout(ms),
    );
    expect([undefined, "DTV_CANCELLED"]).toContain((stopped.error as { code: string } | undefined)?.code);
  });

  it("reads Parquet too, with the same rejects and the same errors", async () => {
    const path = join(tempFolder(), "a.parquet");
    const people = "i id, 'n' || i as name, 'a' kind, date '1815-12-10' + i::int born, i / 2 - 1.5 paid, null seen";
    await tellDuckDB(`copy (select ${people} from range(5000) t(i)) to '${path}' (row_group_size 2048)`);
    const files = { "a.parquet": readFileSync(path) };
    const job = { source_connector: "parquet", source: { files: [{ path: "a.parquet" }] } };
    const { native } = await compare({ schema: PEOPLE, files, job });
    expect(native.counts).toMatchObject({ read: 5000, written: 4997, rejected: 3 });
    const damaged = { "a.parquet": files["a.parquet"].subarray(0, 20_000) };
    expect((await compare({ schema: PEOPLE, files: damaged, job })).native.error).toMatchObject({
      code: "DTV_PARQUET_INVALID",
    });
  });
});
