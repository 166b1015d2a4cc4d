import { styleText } from "node:util";
import stringWidth from "fast-string-width";

type Style = Parameters<typeof styleText>[0];

const DEFAULT_COLUMNS = 80;

/** How stderr is to be written to: live and in colour only where a person looks at it. */
export interface Terminal {
  readonly isLive: boolean;
  /** Its width, now: windows change. */
  readonly columns: number;
  paint(style: Style, text: string): string;
  /** One line on stderr. */
  line(text: string): void;
}

export function openTerminal(
  { quiet = false, color = true }: { quiet?: boolean | undefined; color?: boolean | undefined } = {},
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const isTerminal = process.stderr.isTTY === true && env["TERM"] !== "dumb";
  const colored = color && !env["NO_COLOR"] && (isTerminal || Boolean(env["FORCE_COLOR"]));
  return {
    isLive: isTerminal && !quiet && !env["CI"],
    get columns() {
      return process.stderr.columns || DEFAULT_COLUMNS;
    },
    paint: (style, text) => (colored ? styleText(style, text, { validateStream: false }) : text),
    line: (text) => {
      if (!quiet) process.stderr.write(`${text}\n`);
    },
  };
}

/** Rows of text as a table with aligned columns; the last column is not padded. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, stringWidth(cell));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - stringWidth(cell))))
        .join("  "),
    )
    .map((line) => line.trimEnd())
    .join("\n");
}
