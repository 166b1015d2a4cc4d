//! Writes ten mixed columns and says what it cost.
//!
//! `write_mixed FILE [rows=5000000] [threads=2] [compression=zstd] [level=1] [row_group_size=131072] [fresh] [plain]`
//!
//! Without `fresh`, sixteen batches that are built before are written over and over, so that the cost is that of
//! writing alone. With it every batch is built when its turn comes, so that memory is that of writing alone.
mod mixed;

use dativo_parquet::{Compression, Encodings, FileWriter, Options};
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the path of the file to write");
    let rest: Vec<_> = arguments.collect();
    let get = |key: &str| rest.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let number = |key: &str, default: usize| get(key).map_or(default, |text| text.parse().expect(key));
    let rows = number("rows", 5_000_000);
    let is_fresh = rest.iter().any(|word| word == "fresh");
    let level = get("level").map(|text| text.parse().expect("level"));
    let defaults = Options::default();
    let options = Options {
        compression: Compression::parse(get("compression").unwrap_or("zstd"), level).unwrap(),
        row_group_size: number("row_group_size", defaults.row_group_size),
        threads: number("threads", 2),
        encodings: Encodings::parse(get("encodings").unwrap_or("delta")).unwrap(),
        ..defaults
    };

    let starts = (0..rows).step_by(mixed::BATCH_ROWS);
    let build = |start: usize| mixed::batch(start, mixed::BATCH_ROWS.min(rows - start));
    let built: Vec<_> = if is_fresh { vec![] } else { starts.clone().take(16).map(build).collect() };
    let (before, clock) = (usage(), Instant::now());
    let _ = std::fs::remove_file(&path);
    let mut writer = FileWriter::create(&path, mixed::schema(), options).unwrap();
    for (index, start) in starts.enumerate() {
        let length = mixed::BATCH_ROWS.min(rows - start);
        let batch = if is_fresh { build(start) } else { built[index % built.len()].slice(0, length) };
        writer.write(batch).unwrap();
    }
    let facts = writer.finish().unwrap();
    let (wall, after) = (clock.elapsed().as_secs_f64(), usage());
    let cpu = after.0 - before.0;
    println!(
        "{} rows, {} row groups, {} bytes | wall {wall:.2} s, {:.2} M rows/s | cpu {cpu:.2} s, {:.3} s per M rows | peak {} MiB, {} MiB before",
        facts.rows,
        facts.row_groups,
        facts.size_bytes,
        rows as f64 / wall / 1e6,
        cpu / rows as f64 * 1e6,
        after.1,
        before.1,
    );
}

/// Seconds of processor time and the greatest resident memory in MiB, so far.
fn usage() -> (f64, i64) {
    // SAFETY: all zeros is a value of the struct, which the call fills.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss / 1024)
}
