//! However bytes are cut, whichever engine finds the ends of fields, and however many threads there are, the same
//! comes out.

use dativo_csv::{Decoded, Decoder, Engine, Options};
use dativo_gate::{Contract, Gate};

/// A small generator, so that the tests are the same everywhere.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

const CONTRACT: &str = r#"{"name":"a","fields":[
    {"name":"id","type":"integer","unique":true},
    {"name":"price","type":"decimal(8,2)","minimum":0},
    {"name":"text","type":"string","maxLength":8}]}"#;

fn table(seed: &mut Seed, lines: usize) -> Vec<u8> {
    let mut text = String::from("id,text,price\n");
    for _ in 0..lines {
        let end = ["\n", "\n", "\r\n", "\r", "\n\n"][seed.next(5)];
        let cell = ["plain", "\"a,b\"", "\"x\"\"y\"", "\"l1\r\nl2\"", "", "é😀", "x\"y", "\"x\"y", "a,b"][seed.next(9)];
        text.push_str(&format!("{},{cell},{}.{:02}{end}", seed.next(500), seed.next(900), seed.next(120)));
    }
    text.into_bytes()
}

/// Everything that came out, as text.
fn decode(bytes: &[u8], cuts: &[usize], engine: Engine, with_gate: bool, batch_rows: usize) -> String {
    let options = Options { batch_rows, threads: 1, ..Options::default() };
    decode_with(bytes, cuts, engine, with_gate, &options)
}

fn decode_with(bytes: &[u8], cuts: &[usize], engine: Engine, with_gate: bool, options: &Options) -> String {
    let contract = Contract::from_json(CONTRACT).unwrap();
    let gate = with_gate.then(|| Gate::compile(contract, 1 << 20).unwrap());
    let mut decoder = Decoder::new(options, gate, "t.csv").with_engine(engine);
    let (mut out, mut rest) = (Vec::new(), bytes);
    for cut in cuts.iter().cycle() {
        let (piece, more) = rest.split_at((*cut).min(rest.len()));
        decoder.push(piece, &mut out).unwrap();
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    let end = decoder.finish(&mut out).map_err(|error| error.to_string());
    let shown = |one: &Decoded| {
        assert!(one.rows.num_rows() <= options.batch_rows);
        format!("{:?} {:?} {}", one.rows, one.rejects, one.rows_read)
    };
    format!("{} {end:?}", out.iter().map(shown).collect::<Vec<_>>().join("\n"))
}

#[test]
fn nothing_depends_on_cuts_or_engine() {
    let mut seed = Seed(3);
    for round in 0..150 {
        let count = seed.next(40);
        let bytes = table(&mut seed, count);
        let cuts: Vec<usize> = (0..4).map(|_| 1 + seed.next(50)).collect();
        let with_gate = round % 2 == 0;
        let whole = decode(&bytes, &[bytes.len()], Engine::detect(), with_gate, 7);
        assert_eq!(decode(&bytes, &cuts, Engine::detect(), with_gate, 7), whole);
        assert_eq!(decode(&bytes, &[1], Engine::Portable, with_gate, 7), whole);
    }
}

#[test]
fn nothing_depends_on_cuts_in_files_of_many_pieces() {
    let mut seed = Seed(5);
    let bytes = table(&mut seed, 60_000);
    let whole = decode(&bytes, &[bytes.len()], Engine::detect(), true, 1000);
    assert_eq!(decode(&bytes, &[65_536], Engine::Portable, true, 1000), whole);
    assert_eq!(decode(&bytes, &[100_003, 7], Engine::detect(), true, 1000), whole);
}

#[test]
fn nothing_depends_on_cuts_in_records_longer_than_a_piece() {
    let mut seed = Seed(7);
    let mut bytes = table(&mut seed, 9000);
    for length in [300_000, 20, 1_000_000] {
        bytes.extend_from_slice(format!("1,\"{}\n\",2\n", "x".repeat(length)).as_bytes());
        bytes.extend_from_slice(b"5,plain,7\n");
    }
    let whole = decode(&bytes, &[bytes.len()], Engine::detect(), false, 1000);
    assert_eq!(decode(&bytes, &[262_144], Engine::detect(), false, 1000), whole);
    assert_eq!(decode(&bytes, &[400_000, 3, 200_000], Engine::Portable, false, 1000), whole);
}

#[test]
fn nothing_depends_on_the_number_of_threads() {
    let mut seed = Seed(9);
    let mut bytes = table(&mut seed, 150_000);
    bytes.extend_from_slice(format!("1,\"{}\n\",2\n", "x".repeat(5_000_000)).as_bytes());
    bytes.extend_from_slice(&table(&mut seed, 150_000));
    for with_gate in [true, false] {
        let options = |threads, batch_rows| Options { threads, batch_rows, ..Options::default() };
        let cuts = [4 << 20];
        for batch_rows in [65_536, 9000] {
            let alone = decode_with(&bytes, &cuts, Engine::detect(), with_gate, &options(1, batch_rows));
            for threads in [2, 3, 8] {
                let shared = decode_with(&bytes, &cuts, Engine::detect(), with_gate, &options(threads, batch_rows));
                assert!(shared == alone, "{threads} threads, batches of {batch_rows}, a gate: {with_gate}");
            }
        }
    }
}

#[test]
fn an_error_of_the_gate_ends_the_file() {
    let bytes: Vec<u8> = (0..400_000).flat_map(|id| format!("{id},x,1\n").into_bytes()).collect();
    let bytes = [b"id,text,price\nbad,x,1\n".to_vec(), bytes].concat();
    let gate = Gate::compile(Contract::from_json(CONTRACT).unwrap(), 1000).unwrap();
    let options = Options { threads: 3, ..Options::default() };
    let mut decoder = Decoder::new(&options, Some(gate), "t.csv");
    let mut out = Vec::new();
    let error = decoder.push(&bytes, &mut out).unwrap_err();
    assert_eq!(error.code(), "DTV_UNIQUE_LIMIT");
    assert!(out.iter().all(|one| one.rows.num_rows() == 0));

    let gate =
        Gate::compile(Contract::from_json(CONTRACT.replace("unique", "required").as_str()).unwrap(), 1000).unwrap();
    let mut decoder = Decoder::new(&Options::default(), Some(gate), "t.csv");
    let mut out = Vec::new();
    decoder.push(b"idx,text,price\n1,x\n1,x,1\n", &mut out).unwrap();
    let error = decoder.finish(&mut out).unwrap_err();
    assert_eq!((error.code(), out.len(), out[0].rejects.len()), ("DTV_COLUMN_MISSING", 1, 1));
    assert_eq!(error.message(), "t.csv has no column 'id'; did you mean 'idx'?");
}
