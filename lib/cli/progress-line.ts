import type { Progress } from "../job/run-progress.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf } from "./human.ts";
import type { Terminal } from "./terminal.ts";

/** The mark, the space after it, and the last column, after which some terminals begin a new line. */
const MARK_COLUMNS = 3;

const SEPARATOR = " · ";

/** Without a terminal a long run says so often that it is alive. */
const PLAIN_EVERY_MS = 10_000;

/** Shows how far a run has come: one living line on a terminal, a plain line now and then elsewhere. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Takes the living line away, so that others can be written. */
  clear(): void;
}

export async function createProgressDisplay(terminal: Terminal): Promise<ProgressDisplay> {
  return terminal.isLive ? liveDisplay(terminal) : plainDisplay(terminal);
}

async function liveDisplay(terminal: Terminal): Promise<ProgressDisplay> {
  const { logUpdateStderr } = await import("log-update");
  return {
    show: (progress) =>
      logUpdateStderr(`${terminal.paint("cyan", "▸")} ${describeProgress(progress, terminal.columns - MARK_COLUMNS)}`),
    clear: () => logUpdateStderr.clear(),
  };
}

function plainDisplay(terminal: Terminal): ProgressDisplay {
  let next = PLAIN_EVERY_MS;
  return {
    show: (progress) => {
      if (progress.elapsedMs < next) return;
      next = progress.elapsedMs + PLAIN_EVERY_MS;
      terminal.line(describeProgress(progress));
    },
    clear: () => {},
  };
}

/** What does not fit the width is left out, from the end. `42,049 rows · 310,000 rows/s · 2.0 MiB of 4.1 MiB · 0 rejected · 3.0 s left · slowest: write` */
export function describeProgress(progress: Progress, columns: number = Number.POSITIVE_INFINITY): string {
  const { rowsRead, rowsTotal, bytesRead, bytesTotal, elapsedMs, rejected, slowestStage } = progress;
  const share = bytesTotal ? bytesRead / bytesTotal : rowsTotal ? rowsRead / rowsTotal : 0;
  const left = share > 0 && share < 1 ? `${formatDuration((elapsedMs * (1 - share)) / share)} left` : undefined;
  const parts = [
    formatNumberOf(rowsRead, "row"),
    `${formatCount((rowsRead / Math.max(elapsedMs, 1)) * 1000)} rows/s`,
    bytesTotal === undefined ? formatBytes(bytesRead) : `${formatBytes(bytesRead)} of ${formatBytes(bytesTotal)}`,
    `${formatCount(rejected)} rejected`,
    left,
    `slowest: ${slowestStage}`,
  ];
  const shown = parts.filter((part) => part !== undefined);
  while (shown.length > 1 && shown.join(SEPARATOR).length > columns) shown.pop();
  return shown.join(SEPARATOR);
}
