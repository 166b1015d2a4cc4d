//! How fast the encoders are: `encode_bench FILE [TYPES]` decodes a CSV file, its columns as text or of the types given
//! (`id:integer;day:date`), and times the encoding of its batches as CSV and as JSON Lines, on one core.

use dativo_csv::{Decoder, Options};
use dativo_gate::{Contract, DEFAULT_UNIQUE_BYTES, Gate};
use dativo_jsonl::{Encoder, Layout};
use serde_json::json;
use std::time::Instant;

const ROUNDS: usize = 7;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().expect("encode_bench FILE [TYPES]");
    let types = arguments.next();
    let gate = types.map(|types| {
        let fields = types.split(';').filter_map(|column| column.split_once(':'));
        let fields: Vec<_> = fields.map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
        let contract = json!({ "name": "a", "version": "1.0.0", "fingerprint": "", "fields": fields });
        let contract: Contract = serde_json::from_value(contract).expect("the types are known");
        Gate::compile(contract, DEFAULT_UNIQUE_BYTES).expect("the contract is sound")
    });
    let options: Options = serde_json::from_value(json!({ "threads": 1 })).expect("the options are sound");
    let (mut decoder, mut decoded) = (Decoder::new(&options, gate, file.clone()), Vec::new());
    decoder.push(&std::fs::read(&file).expect("the file is there"), &mut decoded).expect("it is CSV");
    decoder.finish(&mut decoded).expect("it is whole");
    let batches: Vec<_> = decoded.into_iter().map(|one| one.rows).filter(|rows| rows.num_rows() > 0).collect();
    let schema = batches[0].schema();
    println!("{} records of {} columns", batches.iter().map(|b| b.num_rows()).sum::<usize>(), schema.fields().len());
    time("CSV", || {
        let mut encoder = dativo_csv::Encoder::new(&Default::default(), schema.fields().len());
        batches.iter().map(|rows| size(&encoder.encode(rows).expect("all has a text"))).sum()
    });
    time("JSON Lines", || {
        let encoder = Encoder::new(&Default::default(), &schema, Layout::Lines);
        batches.iter().map(|rows| size(&encoder.encode(rows).expect("all has a text"))).sum()
    });
}

fn size(blocks: &[Vec<u8>]) -> usize {
    blocks.iter().map(Vec::len).sum()
}

fn time(what: &str, work: impl Fn() -> usize) {
    let (mut best, mut bytes) = (f64::MAX, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        bytes = work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let megabytes = bytes as f64 / 1e6;
    println!("{what}: {megabytes:.0} MB in {best:.3} s, {:.0} MB/s", megabytes / best);
}
