import { dirname, relative } from "node:path";
import type { Receipt } from "../job/receipt.ts";
import { isObjectUri } from "../storage/object/object-uri.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf } from "./human.ts";
import { formatTable, type Terminal } from "./terminal.ts";

/** The receipt for people: what happened, in a few lines. */
export function printReceipt(receipt: Receipt, terminal: Terminal): void {
  terminal.line(headline(receipt, terminal));
  if (receipt.status === "unchanged") return;
  const { counts, timings } = receipt;
  const rate = formatCount((counts.read / Math.max(timings.durationMs, 1)) * 1000);
  const rows: [string, string][] = [
    ["  counts", describeCounts(receipt)],
    ...(receipt.source.cursor ? [["  cursor", describeCursor(receipt.source.cursor)] as [string, string]] : []),
    ["  files", describeFiles(receipt)],
    [
      "  time",
      `${formatDuration(timings.durationMs)}, ${rate} rows/s, peak memory ${formatBytes(receipt.peakMemoryBytes)}`,
    ],
    [
      "  guarantee",
      `${receipt.guarantee.effect} (${receipt.guarantee.reader} source, ${receipt.guarantee.writer} target)`,
    ],
    ["  contract", `${receipt.contract.name} ${receipt.contract.version}`],
  ];
  const rejects = receipt.commits.flatMap(({ rejects }) => rejects ?? []);
  if (rejects[0] !== undefined)
    rows.push(["  rejects", shorten(rejects.length > 1 ? dirname(rejects[0]) : rejects[0])]);
  if (receipt.commits.length > 1) rows.push(["  commits", formatCount(receipt.commits.length)]);
  terminal.line(formatTable(rows));
}

function headline(receipt: Receipt, terminal: Terminal): string {
  const { counts, source, status, job } = receipt;
  if (status === "unchanged") return `${terminal.paint("green", "✔")} ${job.name}: nothing new, ${describeOld(source)}`;
  const mark = counts.rejected > 0 ? terminal.paint("yellow", "⚠") : terminal.paint("green", "✔");
  return `${mark} ${job.name}: committed ${formatNumberOf(counts.written, "record")}${counts.rejected > 0 ? `, ${formatCount(counts.rejected)} rejected` : ""}`;
}

/** Why a run found nothing to load, and what loads it all the same. */
function describeOld({ connector, alreadyLoaded }: Receipt["source"]): string {
  if (connector === "stdin" && alreadyLoaded > 0)
    return "this very stream was loaded before (--allow-duplicates, or `allow_duplicates: true` in a job, adds it once more)";
  const found = alreadyLoaded > 0 ? "all of it was loaded before" : "the source has no records";
  return `${found} (--full-refresh reads everything again)`;
}

function describeCounts({ counts }: Receipt): string {
  const { read, added, written, rejected, filtered } = counts;
  const sum = (parts: [string, number][]): string =>
    parts
      .filter(([name, value], index) => index === 0 || value > 0 || name === "rejected")
      .map(([name, value]) => `${name} ${formatCount(value)}`)
      .join(" + ");
  return `${sum([
    ["read", read],
    ["added", added],
  ])} = ${sum([
    ["written", written],
    ["rejected", rejected],
    ["filtered", filtered],
  ])}`;
}

function describeCursor({ field, high, from, older, loadedBefore }: NonNullable<Receipt["source"]["cursor"]>): string {
  const left = [
    ...(older > 0 ? [`${formatCount(older)} before ${from}`] : []),
    ...(loadedBefore > 0 ? [`${formatCount(loadedBefore)} loaded before`] : []),
  ];
  const reached = high === undefined ? "no value yet" : `up to ${high}`;
  return `${field} ${reached}${left.length > 0 ? `; left out ${left.join(" and ")}` : ""}`;
}

function describeFiles({ files, target }: Receipt): string {
  const bytes = files.reduce((total, file) => total + (file.sizeBytes ?? 0), 0);
  const where = target.path === undefined ? target.connector : shorten(target.path);
  return `${formatNumberOf(files.length, "file")}, ${formatBytes(bytes)} in ${where}`;
}

function shorten(path: string): string {
  const short = isObjectUri(path) ? path : relative(process.cwd(), path);
  return short.startsWith("..") || short === "" ? path : short;
}
