// What is compared with what, and how good it is to be: `gate` is what has to be reached, `goal` what is aimed at.
const MIB = 1024 * 1024;

/** Dativo beside the peers; `withPrices` adds what the contract and Node cost. */
export function peerRatios(entries, { withPrices = false } = {}) {
  const { dativo, dativoOff, nativeOff, duckdb, ...others } = byId(entries);
  const peers = [duckdb, others.polars, others.pyarrow];
  const fastest = peers.reduce((best, peer) => (peer.wallSeconds < best.wallSeconds ? peer : best));
  const ratios = [
    atMost(
      `wall time, of that of the fastest peer (${fastest.label})`,
      dativo.wallSeconds / fastest.wallSeconds,
      0.6,
      0.45,
    ),
    atMost("CPU time, of DuckDB's", dativo.cpuSeconds / duckdb.cpuSeconds, 0.6, 0.45),
    atMost("peak memory, MiB", dativo.peakBytes / MIB, 160, 112),
    atMost("file size, of DuckDB's", dativo.sizeBytes / duckdb.sizeBytes, 1, 1),
  ];
  if (!withPrices) return ratios;
  const node = (dativoOff.wallSeconds - nativeOff.wallSeconds) / dativoOff.wallSeconds;
  return [
    ...ratios,
    atMost("wall time with the contract, of that without", dativo.wallSeconds / dativoOff.wallSeconds, 1.25, 1.15),
    atMost("Node's share of the wall time, contract off", node, 0.1, 0.05),
  ];
}

/** Dativo beside rows as dictionaries: times faster, times less memory. */
export function baselineRatios(entries) {
  const { dativo, baseline } = byId(entries);
  return [
    atLeast("times faster than rows as dictionaries", baseline.wallSeconds / dativo.wallSeconds, 15),
    atLeast("times less memory than rows as dictionaries", baseline.peakBytes / dativo.peakBytes, 12),
  ];
}

/** The larger file beside the smaller. */
export function scaleRatios([few, many]) {
  const perRow = ({ cpuSeconds, rows }) => cpuSeconds / rows;
  return [
    atMost("CPU time per row, of that with a tenth of the rows", perRow(many) / perRow(few), 1.1, 1.1),
    atMost("peak memory, of that with a tenth of the rows", many.peakBytes / few.peakBytes, 1.1, 1.1),
  ];
}

function atMost(what, value, gate, goal) {
  return { what, value, gate, goal, reached: value <= goal ? "goal" : value <= gate ? "gate" : "no" };
}

function atLeast(what, value, gate) {
  return { what, value, gate, goal: gate, reached: value >= gate ? "goal" : "no" };
}

function byId(entries) {
  return Object.fromEntries(entries.map((entry) => [entry.id, entry]));
}
