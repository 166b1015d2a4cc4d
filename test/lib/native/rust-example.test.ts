import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dativo, writeFiles } from "../../support/cli.ts";
import { askDuckDB } from "../../support/duckdb.ts";
import { tempFolder, visibleFiles } from "../../support/folder.ts";
import { describeNative } from "../../support/native.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const examples = join(root, "examples", "plugins", "rust");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

it.each([
  ["counting", 0],
  ["masking", 1],
  ["lines", 2],
])("the guide shows the %s that is built, in less than 40 lines", (name, at) => {
  const shown = [...read("rust/README.md").matchAll(/```rust\n([\s\S]*?)```/g)][at]?.[1];
  const [, ...lines] = read(`examples/plugins/rust/${name}/src/lib.rs`).split("\n");
  expect(lines.join("\n")).toBe(shown);
  expect(lines.length).toBeLessThan(40);
});

/** The project as a user of its examples has it, with a lake of its own. */
function checkout(): string {
  const cwd = tempFolder();
  for (const name of ["assets", "examples", "node_modules", "rust"]) symlinkSync(join(root, name), join(cwd, name));
  return cwd;
}

const job = (name: string): string[] => ["--config", `examples/plugins/rust/${name}/job.yaml`];

describeNative("plugins in Rust, run from their jobs", () => {
  it("a reader goes on where it stopped", async () => {
    const cwd = checkout();
    const done = dativo(["run", ...job("counting")], { cwd });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 1,000,000 records")]);
    const sums = `select count(*) n, sum(n) sum from read_parquet('${cwd}/lake/counting/*.parquet')`;
    expect(await askDuckDB(sums)).toEqual([{ n: "1000000", sum: "499999500000" }]);
    expect(dativo(["run", ...job("counting")], { cwd }).stderr).toContain("nothing new");
  });

  it("a transform masks what it is told to", async () => {
    const cwd = checkout();
    expect(dativo(["check", ...job("masking")], { cwd })).toMatchObject({ code: 0 });
    const done = dativo(["run", ...job("masking")], { cwd });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 42,049 records")]);
    const masked = `select zip_code, count(*) n from read_parquet('${cwd}/lake/masked-zipcodes/*.parquet')`;
    const csv = `read_csv('${cwd}/node_modules/vega-datasets/data/zipcodes.csv', types = {'zip_code': 'varchar'})`;
    const expected = `select zip_code[1:3] || '**' zip_code, count(*) n from ${csv}`;
    expect(await askDuckDB(`${masked} group by 1 order by 1`)).toEqual(
      await askDuckDB(`${expected} group by 1 order by 1`),
    );
  });

  it.each([
    ["masking", "column: zip_code", "column: zipcode", /DTV_OPTION_INVALID.*no column 'zipcode'/s],
    ["masking", "column: zip_code", "column: latitude", /DTV_OPTION_INVALID.*not text/s],
    ["lines", "map: ", "# map: ", /DTV_OPTION_INVALID.*lines are made of required text columns/s],
  ])("%s with `%s` as `%s` is refused", (name, given, other, said) => {
    const cwd = checkout();
    writeFileSync(join(cwd, "job.yaml"), read(`examples/plugins/rust/${name}/job.yaml`).replace(given, other));
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });

  it("a writer writes lines", () => {
    const cwd = checkout();
    const done = dativo(["run", ...job("lines")], { cwd });
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("committed 42,049 records")]);
    const [file = ""] = visibleFiles(join(cwd, "lake", "zipcode-lines"));
    const lines = readFileSync(join(cwd, "lake", "zipcode-lines", file), "utf8").split("\n");
    expect([lines.length, lines[0]]).toEqual([42_050, "00501 NY Holtsville"]);
  });
});

describeNative("examples/plugins/rust, by the commands of its page", () => {
  const hasMake = spawnSync("make", ["--version"]).status === 0 && spawnSync("cargo", ["--version"]).status === 0;
  const make = (target: string) => spawnSync("make", [target], { cwd: examples, encoding: "utf8" });

  it.skipIf(!hasMake).each(["make build-release", "cargo build --release"])(
    "%s makes the libraries that jobs name",
    (command) => {
      const { status, stderr } = spawnSync(command, { cwd: examples, encoding: "utf8", shell: true });
      expect([status, stderr]).toEqual([0, expect.stringContaining("Finished")]);
      for (const name of ["csv_reader_plugin", "parquet_writer_plugin", "counting", "masking", "lines"]) {
        const suffix = process.platform === "darwin" ? "dylib" : "so";
        expect(existsSync(join(examples, "target", "release", `lib${name}.${suffix}`)), name).toBe(true);
      }
    },
    600_000,
  );

  it.skipIf(!hasMake).each([
    ["symbols-reader", "create_reader"],
    ["symbols-writer", "create_writer"],
  ])("make %s lists %s", (target, symbol) => {
    const { status, stdout } = make(target);
    expect([status, stdout]).toEqual([0, expect.stringMatching(new RegExp(`\\b_?${symbol}$`, "m"))]);
  });

  it("a job of the document reads and writes with the libraries at its paths", async () => {
    const cwd = checkout();
    const library = (name: string): string => `examples/plugins/rust/target/release/lib${name}_plugin.so`;
    const csv = "node_modules/vega-datasets/data/zipcodes.csv";
    const text = `tenant_id: acme
source_connector: csv
target_connector: parquet
asset_path: assets/zipcodes.yaml
source:
  custom_reader: "${library("csv_reader")}:create_reader"
  files:
    - path: "${csv}"
  engine:
    options:
      batch_size: 50000  # Larger batches for Rust
      delimiter: ","
target:
  custom_writer: "${library("parquet_writer")}:create_writer"
  connection: { path: lake/zips }
  engine:
    options:
      compression: "zstd"  # Best compression
      row_group_size: 500000
`;
    writeFiles(cwd, { "job.yaml": text });
    const { code, stderr } = dativo(["run", "--config", "job.yaml"], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining("committed 42,049 records")]);
    const facts = "count(*) n, count(distinct zip_code) zips, max(zip_code) highest, sum(latitude)::decimal(18,4) sum";
    expect(await askDuckDB(`select ${facts} from read_parquet('${cwd}/lake/zips/*.parquet')`)).toEqual(
      await askDuckDB(`select ${facts} from read_csv('${cwd}/${csv}', types = {'zip_code': 'varchar'})`),
    );
    const groups = `select distinct compression, row_group_num_rows n from parquet_metadata('${cwd}/lake/zips/*.parquet')`;
    expect(await askDuckDB(groups)).toEqual([{ compression: "ZSTD", n: "42049" }]);
  });

  it.each(["csv_reader", "parquet_writer"])("%s lies where the page says", (name) => {
    expect(existsSync(join(examples, name, "Cargo.toml"))).toBe(true);
  });
});
