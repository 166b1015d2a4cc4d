//! `cargo run --release -p dativo_jsonl --example decode_bench -- [MB]`: ten mixed fields, under a
//! contract, with types that were settled before, and without types.

use dativo_gate::{Contract, DEFAULT_UNIQUE_BYTES, Gate};
use dativo_jsonl::decode::{Decoder, Options};
use std::fmt::Write;

const CHUNK_BYTES: usize = 4 << 20;
const FIELDS: [(&str, &str); 10] = [
    ("id", "integer"),
    ("name", "string"),
    ("email", "string"),
    ("city", "string"),
    ("price", "decimal(12,2)"),
    ("quantity", "integer"),
    ("active", "boolean"),
    ("born", "date"),
    ("seen", "timestamptz"),
    ("score", "double"),
];

fn main() {
    let megabytes: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(600);
    let data = lines(megabytes * 1_000_000);
    let fields: Vec<_> = FIELDS.iter().map(|(name, kind)| format!(r#"{{"name":"{name}","type":"{kind}"}}"#)).collect();
    let contract = format!(r#"{{"name":"bench","fields":[{}]}}"#, fields.join(","));
    let names = FIELDS.map(|(name, _)| name.to_owned());
    measure("contract", &data, || {
        let contract = Contract::from_json(&contract).expect("the contract is valid");
        let gate = Gate::compile(contract, DEFAULT_UNIQUE_BYTES).expect("the contract can be checked");
        Decoder::new(&Options::default(), Some(gate), "bench", &[])
    });
    let settled = FIELDS.map(|(name, kind)| (name.to_owned(), settled_type(kind).to_owned()));
    measure("settled", &data, || Decoder::settled(&Options::default(), "bench", &settled).expect("these are types"));
    measure("untyped", &data, || Decoder::new(&Options::default(), None, "bench", &names));
}

/// What values of a contract's type are read off JSON as.
fn settled_type(kind: &str) -> &str {
    match kind {
        "date" | "timestamptz" => "string",
        "decimal(12,2)" => "double",
        other => other,
    }
}

/// The best of three, in time on a core: one thread works.
fn measure(what: &str, data: &[u8], make: impl Fn() -> Decoder) {
    let mut best = f64::INFINITY;
    let mut rows = 0;
    for _ in 0..3 {
        let mut decoder = make();
        let mut out = Vec::new();
        rows = 0;
        let start = seconds_on_core();
        for chunk in data.chunks(CHUNK_BYTES) {
            decoder.push(chunk, &mut out).expect("the lines are good");
            rows += out.drain(..).map(|decoded| decoded.rows.num_rows()).sum::<usize>();
        }
        decoder.finish(&mut out).expect("the lines are good");
        rows += out.iter().map(|decoded| decoded.rows.num_rows()).sum::<usize>();
        best = best.min(seconds_on_core() - start);
    }
    println!("{what}: {rows} records, {:.0} MB/s", data.len() as f64 / 1e6 / best);
}

/// As Linux counts them for this thread.
fn seconds_on_core() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    let nanos: f64 = told.split(' ').next().and_then(|text| text.parse().ok()).expect("it begins with a number");
    nanos / 1e9
}

fn lines(bytes: usize) -> Vec<u8> {
    let mut text = String::with_capacity(bytes + 1000);
    let mut seed = 88_172_645_463_325_252_u64;
    let mut next = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for id in 0_u64.. {
        if text.len() >= bytes {
            break;
        }
        let (name, user, city) =
            (next(100_000), next(77_777), ["Zürich", "Berlin", "New York", "Oslo"][next(4) as usize]);
        let _ =
            write!(text, r#"{{"id":{id},"name":"customer {name}","email":"user{user}@example.com","city":"{city}","#);
        let (whole, cents, quantity, active) = (next(10_000), next(100), next(50), next(2) == 0);
        let _ = write!(text, r#""price":{whole}.{cents:02},"quantity":{quantity},"active":{active},"#);
        let (year, month, day) = (1950 + next(60), 1 + next(12), 1 + next(28));
        let _ = write!(text, r#""born":"{year}-{month:02}-{day:02}","#);
        let (hour, minute, second) = (next(24), next(60), next(60));
        let _ = write!(text, r#""seen":"2024-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000000Z","#);
        let _ = writeln!(text, r#""score":{}.{}}}"#, next(100), next(1_000_000));
    }
    text.into_bytes()
}
