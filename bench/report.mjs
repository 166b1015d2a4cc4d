/** A result as a page of Markdown. */
export function describeResult(result) {
  return `## ${result.title}\n\n${describeData(result)}\n\n${costTable(result)}\n\n${ratioTable(result)}\n\n${describeRun(result)}\n`;
}

/** Tools × what they took. */
export function costTable({ entries }) {
  const peers = entries.filter(({ id }) => !/^(dativo|native)/.test(id));
  const fastest = Math.min(...peers.map(({ wallSeconds }) => wallSeconds));
  return table(
    ["", "wall", "rows/s", "CPU", "peak memory", "file size", ...(peers.length > 0 ? ["of the fastest peer"] : [])],
    entries.map(({ label, rows, wallSeconds, cpuSeconds, peakBytes, sizeBytes }) => [
      label,
      `${wallSeconds.toFixed(2)} s`,
      Number((rows / wallSeconds).toPrecision(3)).toLocaleString("en-US"),
      `${cpuSeconds.toFixed(2)} s`,
      `${mib(peakBytes)} MiB`,
      `${mb(sizeBytes)} MB`,
      ...(peers.length > 0 ? [`${(wallSeconds / fastest).toFixed(2)} ×`] : []),
    ]),
  );
}

function ratioTable({ ratios }) {
  return table(
    ["Dativo's", "measured", "gate", "goal", "reached"],
    ratios.map(({ what, value, gate, goal, reached }) => [what, value.toFixed(2), `${gate}`, `${goal}`, reached]),
  );
}

/** What was converted. */
export function describeData({ entries, seed }) {
  const { rows, inputBytes, dataset } = entries.at(-1);
  const seeded = dataset === "lineitem" ? "" : `, seed ${seed}`;
  return `${rows.toLocaleString("en-US")} rows, ${mb(inputBytes)} MB of CSV${seeded}, to Parquet, zstd level 1.`;
}

/** With what, on what, when. */
export function describeRun({ rounds, date, machine, versions }) {
  const times = rounds === 1 ? "One round" : `Medians of ${rounds} rounds in turn`;
  const { cpu, cores, load, memoryBytes, system } = machine;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const gib = Math.round(memoryBytes / 1024 ** 3);
  return `${times}, whole processes, two cores and threads each, on ${cpu} (${cores} cores, ${gib} GiB, ${system}, load ${load.toFixed(1)} before), ${date.slice(0, 10)}. ${names.join(", ")}.`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function mib(bytes) {
  return (bytes / 1024 / 1024).toFixed(0);
}

function mb(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}
