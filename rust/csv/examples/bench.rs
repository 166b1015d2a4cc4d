//! How fast the decoder is: `bench make FILE [MB]` writes a file of ten mixed columns, `bench FILE [portable] [THREADS]`
//! times the index alone, text, typed columns, and typed columns with rules, over bytes in memory.

use dativo_csv::{Decoder, Engine, Index, Options};
use dativo_gate::{Contract, DEFAULT_UNIQUE_BYTES, Gate};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

const ROUNDS: usize = 5;
const CHUNK_BYTES: usize = 4 * 1024 * 1024;
const COUNTRIES: [&str; 12] = ["DE", "FR", "IT", "ES", "PT", "NL", "BE", "AT", "PL", "CZ", "SE", "DK"];

const TYPES: [(&str, &str, &str); 10] = [
    ("id", "integer", ",\"required\":true"),
    ("code", "string", ",\"required\":true,\"pattern\":\"^[0-9a-f]{8}-[0-9a-f]{4}-\""),
    ("score", "double", ""),
    ("day", "date", ""),
    ("at", "timestamp", ""),
    ("active", "boolean", ""),
    (
        "country",
        "string",
        ",\"enum\":[\"DE\",\"FR\",\"IT\",\"ES\",\"PT\",\"NL\",\"BE\",\"AT\",\"PL\",\"CZ\",\"SE\",\"DK\"]",
    ),
    ("price", "decimal(12,2)", ",\"minimum\":0"),
    ("visits", "integer", ""),
    ("note", "string", ""),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", file, ref size @ ..] => {
            make(file, size.first().and_then(|size| size.parse().ok()).unwrap_or(600)).expect("the file is written");
        }
        [file, ref how @ ..] => {
            let engine = if how.contains(&"portable") { Engine::Portable } else { Engine::detect() };
            let threads = how.iter().find_map(|word| word.parse().ok()).unwrap_or(1);
            run(&std::fs::read(file).expect("the file is there"), engine, threads);
        }
        [] => eprintln!("bench make FILE [MB] | bench FILE [portable] [THREADS]"),
    }
}

fn make(file: &str, megabytes: usize) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "{}", TYPES.map(|(name, ..)| name).join(","))?;
    let mut seed = 1u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut line, mut written, mut id) = (String::new(), 0, 0);
    while written < megabytes * 1_000_000 {
        id += 1;
        line.clear();
        let (a, b, c) = (next(1 << 31), next(1 << 31), next(1 << 31));
        let (year, month, day) = (1990 + next(35), 1 + next(12), 1 + next(28));
        let _ = write!(
            line,
            "{id},{a:08x}-{:04x}-4{:03x}-a{:03x}-{c:08x}{:04x},",
            b & 0xffff,
            b >> 16 & 0xfff,
            c & 0xfff,
            b & 0xffff
        );
        let _ = write!(line, "{}.{:06},{year}-{month:02}-{day:02},", next(1000), next(1_000_000));
        let _ = write!(
            line,
            "{year}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06},",
            next(24),
            next(60),
            next(60),
            next(1_000_000)
        );
        let _ = write!(line, "{},{},{}.{:02},", next(2) == 0, COUNTRIES[next(12) as usize], next(100_000), next(100));
        if next(10) > 0 {
            let _ = write!(line, "{}", next(5000));
        }
        let notes = ["a short note", "\"with, a comma\"", "", "some more text of middling length", "fine"];
        let _ = writeln!(line, ",{}", notes[next(5) as usize]);
        out.write_all(line.as_bytes())?;
        written += line.len();
    }
    out.flush()
}

fn run(bytes: &[u8], engine: Engine, threads: usize) {
    println!("{} MB, {engine:?}, {threads} threads, best of {ROUNDS}", bytes.len() / 1_000_000);
    report("index alone", bytes, || index_all(bytes, engine));
    report("all text", bytes, || decode(bytes, engine, threads, None));
    report("typed", bytes, || decode(bytes, engine, threads, Some(false)));
    report("typed, with rules", bytes, || decode(bytes, engine, threads, Some(true)));
}

fn report(what: &str, bytes: &[u8], mut work: impl FnMut() -> u64) {
    let (mut best, mut least_cpu, mut count) = (f64::INFINITY, f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        count = work();
        best = best.min(start.elapsed().as_secs_f64());
        least_cpu = least_cpu.min(cpu_seconds() - cpu);
    }
    let rate = |seconds: f64| bytes.len() as f64 / seconds / 1e6;
    println!(
        "{what:18} {best:6.3} s {:6.0} MB/s   cpu {least_cpu:6.3} s {:6.0} MB/s   {count} counted",
        rate(best),
        rate(least_cpu)
    );
}

/// Time on cores, of all threads, which other programs on the machine lengthen less than they do the time that passes.
/// Linux tells it to a hundredth of a second; elsewhere it is unknown.
fn cpu_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = told.rsplit(") ").next().unwrap_or_default();
    let ticks = behind_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap_or(f64::NAN));
    ticks.sum::<f64>() / 100.0
}

/// The index in pieces as the decoder asks for it, from the start of a record each.
fn index_all(bytes: &[u8], engine: Engine) -> u64 {
    let dialect = Options::default().dialect();
    let (mut index, mut at, mut ends) = (Index::default(), 0, 0);
    while at < bytes.len() {
        let piece = &bytes[at..bytes.len().min(at + 256 * 1024)];
        index.run(piece, 0, &dialect, engine);
        let Some(last) = index.lines.last().filter(|last| **last > 0) else {
            break;
        };
        ends += u64::from(*last);
        at += index.ends[*last as usize] as usize + 1;
    }
    ends
}

fn decode(bytes: &[u8], engine: Engine, threads: usize, contract: Option<bool>) -> u64 {
    let gate = contract.map(|with_rules| {
        let fields = TYPES.map(|(name, kind, rules)| {
            format!("{{\"name\":\"{name}\",\"type\":\"{kind}\"{}}}", if with_rules { rules } else { "" })
        });
        let contract = Contract::from_json(&format!("{{\"name\":\"bench\",\"fields\":[{}]}}", fields.join(",")));
        Gate::compile(contract.expect("a contract"), DEFAULT_UNIQUE_BYTES).expect("its rules can be checked")
    });
    let options = Options { threads, ..Options::default() };
    let mut decoder = Decoder::new(&options, gate, "bench.csv").with_engine(engine);
    let (mut rows, mut out) = (0, Vec::new());
    for chunk in bytes.chunks(CHUNK_BYTES) {
        decoder.push(chunk, &mut out).expect("the file is good");
        rows += out.drain(..).map(|batch| batch.rows.num_rows() as u64).sum::<u64>();
    }
    decoder.finish(&mut out).expect("the file is good");
    rows + out.drain(..).map(|batch| batch.rows.num_rows() as u64).sum::<u64>()
}
