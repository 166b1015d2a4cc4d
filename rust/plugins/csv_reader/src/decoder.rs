use crate::config::{gate_of, options_of};
use crate::convert::{batch_of, failure, stamped};
use dativo_csv::{Decoded, Decoder, Options};
use dativo_gate::Gate;
use dativo_plugin::arrow_array::{Array, BinaryArray, RecordBatch};
use dativo_plugin::arrow_schema::SchemaRef;
use dativo_plugin::serde_json::Value;
use dativo_plugin::{Batch, Call, Error, Result, Transform};

/// Name of the source in the metadata of the input's schema.
const SOURCE: &str = "dativo.source";

/// Takes `{bytes: binary}`, gives the records of the contract. It is opened anew for each source; what must be unique
/// is so over all of them.
pub struct CsvDecoder {
    options: Options,
    /// Here between two sources; the decoder has it meanwhile.
    gate: Option<Gate>,
    open: Option<Open>,
}

struct Open {
    decoder: Decoder,
    schema: SchemaRef,
    source: String,
}

impl Transform for CsvDecoder {
    fn create(config: &Value) -> Result<Self> {
        let gate =
            gate_of(config)?.ok_or_else(|| Error::config("a decoder needs a contract: columns are told at open"))?;
        Ok(Self { options: options_of(config)?, gate: Some(gate), open: None })
    }

    fn open(&mut self, _: &Call, input: &SchemaRef) -> Result<SchemaRef> {
        let last = self.open.take().and_then(|open| open.decoder.into_gate());
        let gate = self.gate.take().or(last).ok_or_else(|| Error::config("open() once more after an error"))?;
        let schema = stamped(gate.schema(), gate.contract());
        let source = input.metadata().get(SOURCE).cloned().unwrap_or_default();
        let decoder = Decoder::new(&self.options, Some(gate), source.clone());
        self.open = Some(Open { decoder, schema: schema.clone(), source });
        Ok(schema)
    }

    fn apply(&mut self, _: &Call, rows: RecordBatch) -> Result<Vec<Batch>> {
        let column = rows.column(0).as_any().downcast_ref::<BinaryArray>();
        let chunks = column.ok_or_else(|| Error::config("the input is one column of bytes"))?;
        self.run(|decoder, out| (0..chunks.len()).try_for_each(|row| decoder.push(chunks.value(row), out)))
    }

    fn flush(&mut self, _: &Call) -> Result<Vec<Batch>> {
        self.run(Decoder::finish)
    }
}

impl CsvDecoder {
    fn run(
        &mut self,
        work: impl FnOnce(&mut Decoder, &mut Vec<Decoded>) -> std::result::Result<(), dativo_csv::CsvError>,
    ) -> Result<Vec<Batch>> {
        let Open { decoder, schema, source } = self.open.as_mut().ok_or_else(|| Error::config("not open"))?;
        let mut decoded = Vec::new();
        let outcome = work(decoder, &mut decoded).map_err(|cause| failure(&cause));
        let warnings = decoder.take_warnings();
        let mut batches: Vec<_> = decoded.into_iter().map(|one| batch_of(one, schema, source)).collect();
        if !warnings.is_empty() {
            // They speak of the header, which stands before all records.
            let mut first = Batch::from(RecordBatch::new_empty(schema.clone()));
            first.warnings = warnings;
            batches.insert(0, first);
        }
        match outcome {
            Ok(()) => Ok(batches),
            Err(failure) => Err(failure.after(batches)),
        }
    }
}
