import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtLibrary, describeC } from "../support/c-compiler.ts";
import { buildConformanceHost, conformityOf, OWN_PLUGINS, pluginPath } from "../support/conformance.ts";
import { describeNative } from "../support/native.ts";

const SUPPRESSIONS = join(import.meta.dirname, "..", "..", "rust", "conformance", "valgrind.supp");
const VALGRIND = [
  "valgrind",
  "--quiet",
  "--error-exitcode=9",
  "--leak-check=full",
  "--errors-for-leak-kinds=definite",
  "--show-leak-kinds=definite",
  `--suppressions=${SUPPRESSIONS}`,
];
/** Everything is slower there. */
const SLOWLY = { huge: "20000", "cancel-seconds": "60", patience: "600" };

/** AddressSanitizer below looks for the same with a second tool; it comes with the compiler, Valgrind does not. */
function describeValgrind(name: string, tests: () => void): void {
  if (spawnSync("valgrind", ["--version"]).error === undefined) describe(name, tests);
}

describeC("the conformance host and memory", () => {
  const host = buildConformanceHost("asan");
  const leaking = [
    `${builtLibrary(host.folder, "breaking")}:create_reader`,
    { config: { connection: { break: "leak" } }, only: "run" },
  ] as const;

  describeValgrind("under Valgrind", () => {
    const checker = { under: VALGRIND };

    it("sees a reader that leaks", () => {
      const { code, lines, stderr } = conformityOf(host, ...leaking, checker);
      expect([code, lines[0]]).toEqual([1, "FAIL  run      it ends with 9; see what is said above"]);
      expect(stderr).toContain("definitely lost");
      expect(stderr).toContain("breaking.c");
    });

    describeNative("runs the project's own plugins", () => {
      it.each(OWN_PLUGINS)(
        "%s loses nothing and reads nothing that it may not",
        (plugin, options) => {
          const { code, lines, stderr } = conformityOf(
            host,
            pluginPath(host, plugin),
            { ...options(host), ...SLOWLY },
            checker,
          );
          expect([code, lines.filter((line) => line.startsWith("FAIL")), checkerLines(stderr)]).toEqual([0, [], []]);
        },
        600_000,
      );
    });
  });

  describe("under AddressSanitizer", () => {
    const checker = { host: "conformance-asan" };

    it("sees a reader that leaks", () => {
      const { code, lines, stderr } = conformityOf(host, ...leaking, checker);
      expect([code, lines[0]]).toEqual([1, "FAIL  run      it ends with 1; see what is said above"]);
      expect(stderr).toContain("LeakSanitizer: detected memory leaks");
    });

    describeNative("runs the project's own plugins", () => {
      it.each(OWN_PLUGINS)(
        "%s keeps every rule",
        (plugin, options) => {
          const { code, lines } = conformityOf(
            host,
            pluginPath(host, plugin),
            { ...options(host), ...SLOWLY },
            checker,
          );
          expect([code, lines.filter((line) => line.startsWith("FAIL"))]).toEqual([0, []]);
        },
        300_000,
      );
    });
  });
});

/** What Valgrind says, without what libraries write to stderr. */
function checkerLines(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /^==\d+== \S/.test(line));
}
