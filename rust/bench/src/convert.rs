//! `convert`: the crates that Dativo's native route is made of, with nothing between them.
use crate::Result;
use crate::arguments::Arguments;
use crate::source::Source;
use dativo_csv::{Decoded, Decoder, Options};
use dativo_gate::{Contract, DEFAULT_UNIQUE_BYTES, Gate};
use dativo_parquet::{Compression, Encodings, FileFacts, FileWriter, Options as ParquetOptions};
use std::process::ExitCode;
use std::time::Instant;

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (input, output) = (arguments.place(0, "IN.csv")?, arguments.place(1, "OUT.parquet")?);
    let gate = load_gate(arguments.text("contract")?)?;
    let options = ParquetOptions {
        compression: Compression::parse("zstd", Some(arguments.number("level", 1)?))?,
        // As the job that it is compared with has it.
        encodings: Encodings::Split,
        threads: arguments.number("threads", 2)?,
        ..ParquetOptions::default()
    };
    let clock = Instant::now();
    let (facts, digest) = convert(input, output, gate, options)?;
    let wall = clock.elapsed().as_secs_f64();
    println!(
        "{} rows, {} bytes, {wall:.3} s, {:.0} rows/s | XXH3-128 of the input {digest}, SHA-256 of the output {}",
        facts.rows,
        facts.size_bytes,
        facts.rows as f64 / wall,
        facts.sha256
    );
    Ok(ExitCode::SUCCESS)
}

fn load_gate(path: &str) -> Result<Gate> {
    let text = std::fs::read_to_string(path).map_err(|cause| format!("{path}: {cause}"))?;
    let contract = Contract::from_json(&text).map_err(|error| error.message)?;
    if let Some(why) = contract.unsupported().first() {
        return Err(format!("{path}: {why}"));
    }
    Gate::compile(contract, DEFAULT_UNIQUE_BYTES).map_err(|error| error.message)
}

fn convert(input: &str, output: &str, gate: Gate, options: ParquetOptions) -> Result<(FileFacts, String)> {
    let source = Source::open(input)?;
    let mut decoder = Decoder::new(&Options::default(), Some(gate), input);
    let mut sink = Sink { path: output, options, writer: None };
    let mut decoded = Vec::new();
    while let Some(chunk) = source.next() {
        decoder.push(&chunk, &mut decoded).map_err(|error| error.message())?;
        source.give_back(chunk);
        sink.take(&mut decoded)?;
    }
    let digest = source.finish()?;
    decoder.finish(&mut decoded).map_err(|error| error.message())?;
    sink.take(&mut decoded)?;
    let writer = sink.writer.ok_or_else(|| format!("{input} has no records"))?;
    Ok((writer.finish().map_err(|error| error.to_string())?, digest))
}

/// The file, which has its schema from the first batch.
struct Sink<'a> {
    path: &'a str,
    options: ParquetOptions,
    writer: Option<FileWriter>,
}

impl Sink<'_> {
    fn take(&mut self, decoded: &mut Vec<Decoded>) -> Result<()> {
        for Decoded { rows, rejects, .. } in decoded.drain(..) {
            if let Some(reject) = rejects.first() {
                return Err(format!("record {}: {:?}", reject.row, reject.faults));
            }
            let writer = match self.writer.take() {
                Some(writer) => writer,
                None => FileWriter::create(self.path, rows.schema(), self.options.clone())
                    .map_err(|error| error.to_string())?,
            };
            self.writer.insert(writer).write(rows).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
