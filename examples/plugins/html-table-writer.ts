import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BaseWriter, type Row } from "dativo-ingest";

const text = (value: unknown) => String(value ?? "").replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Writes each batch as a page with one table. It has no `commitFiles`: Dativo publishes the pages in its own commit. */
export class HtmlTableWriter extends BaseWriter {
  async writeBatch(records: Row[], fileCounter: number) {
    const row = (cells: unknown[], tag: string) =>
      `<tr>${cells.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join("")}</tr>`;
    const names = Object.keys(records[0] ?? {});
    const lines = [
      row(names, "th"),
      ...records.map((record) =>
        row(
          names.map((name) => record[name]),
          "td",
        ),
      ),
    ];
    const path = join(this.outputBase, `page-${fileCounter}.html`);
    await writeFile(path, `<!doctype html>\n<meta charset="utf-8">\n<table>\n${lines.join("\n")}\n</table>\n`);
    return [{ path, recordCount: records.length }];
  }
}
