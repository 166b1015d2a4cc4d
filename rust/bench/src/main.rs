//! What `npm run bench` needs besides Node: test data, the native route without Node, and a stopwatch for processes.
mod arguments;
mod column;
mod convert;
mod dataset;
mod generate;
mod line;
mod measure;
mod random;
mod source;

use arguments::Arguments;
use std::process::ExitCode;

const USAGE: &str = "\
dativo_bench generate mixed|wide OUT.csv CONTRACT.json [--rows 10000000] [--seed 1]
dativo_bench convert IN.csv OUT.parquet --contract CONTRACT.json [--threads 2] [--level 1]
dativo_bench measure REPORT.json COMMAND [ARGUMENT ...]";

/// A sentence for who started the program.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.split_first() {
        Some((verb, rest)) if verb == "generate" => Arguments::parse(rest).and_then(|rest| generate::run(&rest)),
        Some((verb, rest)) if verb == "convert" => Arguments::parse(rest).and_then(|rest| convert::run(&rest)),
        // The command's own options are not ours to read.
        Some((verb, rest)) if verb == "measure" => measure::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    done.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}
