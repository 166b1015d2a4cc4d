import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** Names what failed once more, as the last lines of a log that may be cut anywhere before. */
export class FailedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const lines = modules.flatMap((module) => {
      const path = relative(process.cwd(), module.moduleId);
      const failed = [...module.children.allTests("failed")].map(
        (test) => `${path} > ${test.fullName}: ${reasonOf(test.result().errors)}`,
      );
      return [...failed, ...module.errors().map((error) => `${path}: ${reasonOf([error])}`)];
    });
    lines.push(...unhandled.map((error) => `outside of any test: ${reasonOf([error])}`));
    if (lines.length > 0) process.stderr.write(`\nWhat failed:\n${lines.map((line) => `  ${line}\n`).join("")}`);
  }
}

/** The first line of an error, which says most. */
function reasonOf(errors: readonly unknown[] | undefined): string {
  const { message } = (errors?.[0] ?? {}) as { message?: unknown };
  return String(message ?? "no reason is known")
    .split("\n", 1)[0]
    ?.slice(0, 400) as string;
}
