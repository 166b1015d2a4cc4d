// npm run docs: writes docs/reference from the declarations in the code. With --check it only compares, and fails when
// a page is not what the code says.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const check = process.argv.includes("--check");
const jiti = createJiti(import.meta.url, { fsCache: false });
const load = (path) => jiti.import(join(root, path));
const { referencePage, optionsTable } = await load("lib/config/reference/reference-page.ts");
const { DOCUMENT_KINDS } = await load("lib/config/reference/json-schema.ts");
const { CODES } = await load("lib/contract/errors.ts");
const { fileReaderOptions } = await load("lib/contract/files/read-options.ts");
const { unpackingOptions } = await load("lib/contract/files/unpacking-options.ts");
const { fileWriterOptions } = await load("lib/contract/files/file-writer.ts");
const { o } = await load("lib/contract/options.ts");
const { mapOptions } = await load("lib/contract/map-options.ts");
const formats = {
  Arrow: (await load("lib/formats/arrow/arrow-format.ts")).arrowFormat,
  CSV: (await load("lib/formats/csv/csv-format.ts")).csvFormat,
  JSON: (await load("lib/formats/json/json-format.ts")).jsonFormat,
  "JSON Lines": (await load("lib/formats/jsonl/jsonl-format.ts")).jsonlFormat,
  Parquet: (await load("lib/formats/parquet/parquet-format.ts")).parquetFormat,
  Avro: (await load("lib/formats/avro/avro-format.ts")).avroFormat,
};

const pages = {
  ...Object.fromEntries(DOCUMENT_KINDS.map((kind) => [`${kind}.md`, referencePage(kind)])),
  "errors.md": errorPage(),
  "options.md": optionsPage(),
};

const stale = Object.entries(pages).filter(([name, text]) => {
  const path = join(root, "docs", "reference", name);
  return !existsSync(path) || readFileSync(path, "utf8") !== text;
});
if (check && stale.length > 0) {
  console.error(
    `Not what the code says: ${stale.map(([name]) => `docs/reference/${name}`).join(", ")}. Run: npm run docs`,
  );
  process.exit(1);
}
mkdirSync(join(root, "docs", "reference"), { recursive: true });
for (const [name, text] of check ? [] : stale) writeFileSync(join(root, "docs", "reference", name), text);

function errorPage() {
  const rows = Object.entries(CODES).map(
    ([code, [consequence, meaning]]) => `| \`${code}\` | ${consequence} | ${meaning} |`,
  );
  return `# Error codes

Every error that Dativo raises has one of these codes. The consequence says what it means for the run: \`config\` and
\`environment\` are yours to mend, \`data\` is in the records, \`transient\` may pass, \`fatal\` will not, \`cancelled\` was asked for.

| code | consequence | meaning |
|---|---|---|
${rows.join("\n")}
`;
}

function optionsPage() {
  const sections = Object.entries(formats).map(
    ([name, format]) => `## Reading ${name}

${optionsTable(format.decodeOptions)}
## Writing ${name}

${optionsTable(format.encodeOptions)}`,
  );
  return `# Options

Under \`engine.options\` of the source or the target of a job; in a program the same in camelCase,
\`readCsv(file, { nullValues: [] })\`.

## Every file reader

${optionsTable(o.object(fileReaderOptions))}
Files of formats that are read in order (all but Parquet) may be compressed as a whole:

${optionsTable(o.object(unpackingOptions))}
## Every file writer

${optionsTable(o.object(fileWriterOptions))}
${sections.join("\n")}
## \`map\`

${optionsTable(mapOptions)}`;
}
