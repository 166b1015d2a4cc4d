import { join } from "node:path";
import { expect, it } from "vitest";
import { builtLibrary, describeC } from "../../support/c-compiler.ts";
import {
  buildConformanceHost,
  conformityOf,
  OWN_PLUGINS,
  pluginPath,
  workspacePlugins,
} from "../../support/conformance.ts";
import { describeNative } from "../../support/native.ts";

const breaks = (rule: string) => ({ connection: { break: rule } });

describeC("the conformance host", () => {
  const host = buildConformanceHost();
  const breaking = (symbol: string): string => `${builtLibrary(host.folder, "breaking")}:${symbol}`;

  it.each([
    ["create_reader", { hanging: breaks("hang") }],
    ["create_transform", { columns: "n=l" }],
    ["create_stream", {}],
  ])("has nothing to say against a %s in C that breaks no rule", (symbol, options) => {
    const { code, lines } = conformityOf(host, breaking(symbol), options);
    expect([code, lines.filter((line) => line.startsWith("FAIL"))]).toEqual([0, []]);
    expect(lines.filter((line) => line.startsWith("ok")).length).toBeGreaterThan(8);
  });

  it.each([
    ["leak", "leaks", "each run leaves 2 allocations or more"],
    ["nulls", "run", "next: column 'n' says 1 nulls and has 0"],
    ["short", "run", "next: column 'n' has 2 values where 3 are needed"],
    ["schema", "run", "next: '' has 2 children, where its schema has 1"],
    ["release", "run", "next: release() of an array does not leave NULL in its place"],
    ["dying", "outlive", "batches hold other records when their handle is gone"],
    ["shared", "turns", "a handle gives other records in turn with another"],
    ["thread", "threads", "next: returns -1 without a message"],
    ["wanted", "schema", "open gives no 'no_such_column', which is wanted, and does not fail"],
    ["position", "resume", "position 1 comes after 3 of 6 records, and 6 are left there"],
    ["format", "run", "open: the schema is not a struct of columns"],
    ["crash", "run", "it crashes: Segmentation fault"],
    ["exit", "run", "the library ends the process"],
    ["print", "run", "something is written to standard output"],
    ["folder", "run", "the working directory is changed"],
    ["overrun", "sizes", "it crashes: Segmentation fault"],
    ["table", "sizes", "it crashes: Segmentation fault"],
    ["silent", "run", "next: returns -1 without a message"],
    ["code", "run", "next: returns 7, which means nothing here"],
    ["json", "run", "next: the position is not JSON: 1,"],
    ["end", "run", "next: gives a batch after the end"],
    ["abi", "abi", "a host of ABI 0 is not refused"],
    ["hang", "run", "it does not return"],
  ])("sees a reader that breaks the rule '%s'", (rule, behaviour, why) => {
    const options = { config: breaks(rule), only: behaviour, patience: "2" };
    const { code, lines } = conformityOf(host, breaking("create_reader"), options);
    expect([code, lines]).toEqual([
      1,
      [`FAIL  ${behaviour.padEnd(8)} ${why}`, "reader, 1 of 1 behaviours do not hold"],
    ]);
  });

  it("sees a reader that does not hear that it is cancelled", () => {
    const options = { hanging: breaks("deaf"), only: "cancel" };
    const { code, lines } = conformityOf(host, breaking("create_reader"), options);
    expect([code, lines[0]]).toEqual([
      1,
      expect.stringMatching(/^FAIL {2}cancel {3}next returns 2\.\d s after it was canc/),
    ]);
  });

  it.each([
    ["text", "a configuration that is not JSON is taken: ''"],
    ["secret", "the factory: the message repeats a credential"],
  ])("sees a factory that breaks the rule '%s'", (rule, why) => {
    const env = { BREAK: rule };
    const { code, lines } = conformityOf(host, breaking("create_reader"), { only: "hostile" }, { env });
    expect([code, lines[0]]).toEqual([1, `FAIL  hostile  ${why}`]);
  });

  it.each([
    ["schema", "the library releases the schema '', which was only lent"],
    ["hold", "8 arrays that were handed over are not released when the handle is"],
    ["twice", "apply: the array of 'n' is released"],
  ])("sees a transform that breaks the rule '%s'", (rule, why) => {
    const options = { config: breaks(rule), columns: "n=l", only: "run" };
    const { code, lines } = conformityOf(host, breaking("create_transform"), options);
    expect([code, lines[0]]).toEqual([1, `FAIL  run      ${why}`]);
  });

  it.each([
    ["wordless", "call 1, get_schema, fails with -5: Input/output error"],
    ["numbers", "get_schema: gives no struct of columns"],
    ["schema", "get_next: '' has 2 children, where its schema has 1"],
    ["nothing", "the factory returns 0 and leaves no handle"],
  ])("sees a stream that breaks the rule '%s'", (rule, why) => {
    const options = { config: breaks(rule), only: "run" };
    const { code, lines } = conformityOf(host, breaking("create_stream"), options);
    expect([code, lines[0]]).toEqual([1, `FAIL  run      ${why}`]);
  });

  it.each([
    ["no plugin at all", "nothing", "conformance: this is no LIBRARY:SYMBOL: nothing"],
    [
      "a library that is not there",
      "/no/such.so:create_reader",
      "conformance: /no/such.so: cannot open shared object file",
    ],
  ])("ends with 2 for %s", (_, plugin, said) => {
    const { code, stderr } = conformityOf(host, plugin, {});
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  describeNative("runs the project's own plugins", () => {
    it.each(OWN_PLUGINS)("%s keeps every rule", (plugin, options) => {
      const { code, lines } = conformityOf(host, pluginPath(host, plugin), options(host));
      expect([code, lines.filter((line) => line.startsWith("FAIL"))]).toEqual([0, []]);
    });

    it("forgets none", () => {
      // These two are there to be refused: what their kind says is not what they are.
      const dishonest = ["abi2_fixture:create_liar", "abi2_fixture:create_riddle"];
      // And this one reads a file that Dativo has opened, whose descriptor and pages it is told.
      const privy = ["parquet_reader_plugin:create_decoder"];
      const known = OWN_PLUGINS.map(([plugin]) => plugin).filter((plugin) => !plugin.startsWith("stations:"));
      expect(
        workspacePlugins()
          .filter((plugin) => ![...dishonest, ...privy].includes(plugin))
          .sort(),
      ).toEqual(known.sort());
    });

    it("sees a writer whose kind does not say that it commits", () => {
      const config = { connection: { stage: join(host.folder, "stage"), ledger: join(host.folder, "ledger") } };
      const { code, lines } = conformityOf(host, pluginPath(host, "abi2_fixture:create_liar"), { config, only: "run" });
      expect([code, lines[0]]).toEqual([1, "FAIL  run      commit and DTV_WRITER_COMMITS do not agree"]);
    });
  });
});
