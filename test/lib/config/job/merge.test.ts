import { describe, expect, it } from "vitest";
import { documentOf } from "../../../../lib/config/document/config-document.ts";
import { mergeLayers, whereWritten } from "../../../../lib/config/job/merge-layers.ts";
import { load, smallJob } from "../workspace.ts";

const merge = (recipe: Record<string, unknown>, job: Record<string, unknown>) =>
  mergeLayers([
    { origin: "recipe", document: documentOf(recipe, "recipe"), from: [], to: [] },
    { origin: "job", document: documentOf(job, "job"), from: [], to: [] },
  ]);

describe("layers", () => {
  it.each([
    ["keys side by side", { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [
      "deeply",
      { s3: { bucket: "b", region: "r" } },
      { s3: { bucket: "mine" } },
      { s3: { bucket: "mine", region: "r" } },
    ],
    ["lists replace", { a: [1, 2, 3] }, { a: [4] }, { a: [4] }],
    ["a scalar over a mapping", { a: { b: 1 } }, { a: 2 }, { a: 2 }],
    ["a mapping over a scalar", { a: 1 }, { a: { b: 2 } }, { a: { b: 2 } }],
    ["null over a mapping", { a: { b: 1 } }, { a: null }, { a: null }],
    ["an empty mapping says nothing", { a: { b: 1 } }, { a: {} }, { a: { b: 1 } }],
    ["an empty mapping over nothing", {}, { a: {} }, { a: {} }],
    [
      "names of the prototype",
      { constructor: { x: 1 } },
      { toString: 1, constructor: { y: 2 } },
      { constructor: { x: 1, y: 2 }, toString: 1 },
    ],
  ])("%s", (_, recipe, job, merged) => {
    expect(merge(recipe, job).value).toEqual(merged);
  });

  it("know who wrote each leaf", () => {
    const merged = merge({ a: { b: 1, c: 1 }, d: { e: 1 }, l: [1] }, { a: { b: 2 }, d: 5, f: { g: { h: 1 } } });
    expect(Object.fromEntries([...merged.writtenAt].map(([path, { origin }]) => [path, origin]))).toEqual({
      "a.b": "job",
      "a.c": "recipe",
      d: "job",
      "f.g.h": "job",
      l: "recipe",
    });
    expect(whereWritten(merged, ["f"])).toMatchObject({ origin: "job", keys: ["f"] });
    expect(whereWritten(merged, ["nothing"])).toBeUndefined();
  });

  it("do not reach the prototype of objects", () => {
    const polluted = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
    expect(() => documentOf({ a: polluted }, "job")).toThrow("the key '__proto__' is not allowed");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("a job over its recipe", () => {
  const recipe = `
name: mine
type: csv
default_engine:
  type: native
  options:
    quote_char: "'"
    delimiter: ";"
    native: { delimiter: "|", encoding: latin1, batch_size: 10 }
    airbyte: { docker_image: x }
credentials: { type: none }
connection_template: { host: recipe-host, tls: { verify: true, ca: recipe-ca } }
incremental: { strategy: file_modified_time, cursor_field_default: mtime, lookback_days_default: 0 }
rate_limits: { rps_default: 4 }
`;
  const job = (source: string): Promise<Awaited<ReturnType<typeof load>>> =>
    load(
      smallJob()
        .replace("source_connector: csv", "source_connector_path: mine.yaml")
        .replace(/source: \{.*/, `source: { files: [{ path: x.csv }], ${source} }`),
      {},
      { "mine.yaml": recipe },
    );

  it("flat options win over those of the engine, those of other engines fall away", async () => {
    const { config } = (await job("")).source;
    expect(config.engine).toEqual({
      type: "native",
      options: { quote_char: "'", delimiter: ";", encoding: "latin1", batch_size: 10 },
    });
  });

  it("the job's options win over the recipe's, whichever way both are written", async () => {
    const { source, origins } = await job(
      "engine: { options: { batch_size: 5, native: { delimiter: tab, header: false } } }",
    );
    expect(source.config.engine.options).toEqual({
      quote_char: "'",
      delimiter: "tab",
      encoding: "latin1",
      batch_size: 5,
      header: false,
    });
    expect(origins["source.engine.options.delimiter"]).toBe("job");
    expect(origins["source.engine.options.encoding"]).toBe("recipe");
    expect(origins["source.engine.type"]).toBe("recipe");
    expect(origins["schema_validation_mode"]).toBe("default");
    expect(origins["tenant_id"]).toBe("job");
  });

  it("connections merge deeply, for sources too", async () => {
    const { config } = (await job("connection: { host: mine, tls: { ca: my-ca } }")).source;
    expect(config.connection).toEqual({ host: "mine", tls: { verify: true, ca: "my-ca" } });
  });

  it("incremental is off unless the job asks for it", async () => {
    for (const off of ["", "incremental: null", "incremental: {}"]) {
      const loaded = await job(off);
      expect(loaded.incremental).toBeUndefined();
      expect(loaded.source.config.incremental).toBeNull();
    }
    const on = await job("incremental: { strategy: file_modified_time }");
    expect(on.incremental).toEqual({ strategy: "file_modified_time", cursorField: "mtime", lookbackDays: 0 });
    expect(on.source.config.incremental).toEqual({
      strategy: "file_modified_time",
      cursor_field: "mtime",
      lookback_days: 0,
    });
  });

  it("rate limits of a recipe are facts that the reader can see", async () => {
    const loaded = await job("");
    expect(loaded.planned).toEqual([]);
    expect(loaded.source.config.rateLimits).toEqual({ rps_default: 4 });
  });
});
