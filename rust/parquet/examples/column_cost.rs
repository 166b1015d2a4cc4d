//! What each of the ten mixed columns costs and takes, alone: `column_cost FILE [rows]`, the file is written over.
mod mixed;

use dativo_parquet::{Compression, FileWriter, Options};
use std::sync::Arc;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the path of a file to write over");
    let rows: usize = arguments.next().map_or(2 << 20, |text| text.parse().expect("rows"));
    let batches: Vec<_> = (0..16).map(|i| mixed::batch(i * mixed::BATCH_ROWS, mixed::BATCH_ROWS)).collect();
    for (index, field) in mixed::schema().fields().iter().enumerate() {
        for compression in [Compression::None, Compression::Zstd(1)] {
            let _ = std::fs::remove_file(&path);
            let schema = Arc::new(mixed::schema().project(&[index]).unwrap());
            let options = Options { compression, threads: 1, ..Options::default() };
            let before = cpu();
            let mut writer = FileWriter::create(&path, schema, options).unwrap();
            for i in 0..rows / mixed::BATCH_ROWS {
                writer.write(batches[i % batches.len()].project(&[index]).unwrap()).unwrap();
            }
            let facts = writer.finish().unwrap();
            let per_row = facts.size_bytes as f64 / facts.rows as f64;
            let cost = (cpu() - before) / facts.rows as f64 * 1e9;
            println!("{:>10} {compression:?}: {cost:6.1} ns per row, {per_row:6.2} bytes per row", field.name());
        }
    }
}

/// Seconds of processor time so far.
fn cpu() -> f64 {
    // SAFETY: all zeros is a value of the struct, which the call fills.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
