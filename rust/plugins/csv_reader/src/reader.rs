use crate::config::options_of;
use dativo_csv::{Decoded, Decoder, Options};
use dativo_decoding::{batch_of, failure, gate_of, stamped};
use dativo_plugin::arrow_schema::SchemaRef;
use dativo_plugin::files::{self, refusal};
use dativo_plugin::serde_json::{Value, json};
use dativo_plugin::{Batch, Call, Error, OpenRequest, Reader, Result};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;

const CHUNK_BYTES: usize = 4 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads the files of the job, each as a split of its own. A position is given at the end of a file: one that has not
/// changed since is not read again.
pub struct CsvReader {
    config: Value,
    options: Options,
    files: Vec<String>,
    open: Option<Open>,
}

struct Open {
    path: String,
    file: File,
    /// Size and time of the file when it was opened.
    position: Value,
    decoder: Decoder,
    schema: SchemaRef,
    ready: VecDeque<Decoded>,
    chunk: Vec<u8>,
    has_ended: bool,
}

impl Reader for CsvReader {
    fn create(config: &Value) -> Result<Self> {
        gate_of(config)?;
        Ok(Self { options: options_of(config)?, files: files::paths(config)?, config: config.clone(), open: None })
    }

    fn plan(&mut self, _: &Call) -> Result<Option<Vec<Value>>> {
        files::splits(&self.files).map(Some)
    }

    fn open(&mut self, call: &Call, request: &OpenRequest) -> Result<SchemaRef> {
        let [first, ..] = &self.files[..] else { return Err(refusal("'files' names no file")) };
        let path = request.split.as_ref().and_then(|split| split["id"].as_str()).unwrap_or(first).to_owned();
        let mut file = files::open(&path)?;
        let position = files::position(&path, &file)?;
        let is_read = files::is_read(&path, request.position.as_ref(), &position)?;
        refuse_compressed(&path, &mut file)?;
        let gate = gate_of(&self.config)?;
        let schema = gate.as_ref().map(|gate| stamped(gate.schema(), gate.contract()));
        let decoder = Decoder::new(&self.options, gate, path.clone());
        let mut open = Open {
            path,
            file,
            position,
            decoder,
            schema: SchemaRef::new(dativo_plugin::arrow_schema::Schema::empty()),
            ready: VecDeque::new(),
            chunk: vec![0; CHUNK_BYTES],
            has_ended: is_read,
        };
        open.schema = match schema {
            Some(schema) => schema,
            None if is_read => open.schema,
            None => open.read_columns(call)?,
        };
        Ok(self.open.insert(open).schema.clone())
    }

    fn next(&mut self, call: &Call) -> Result<Option<Batch>> {
        let open = self.open.as_mut().ok_or_else(|| Error::config("next() before open()"))?;
        while open.ready.is_empty() && !open.has_ended {
            open.advance(call)?;
        }
        let Some(decoded) = open.ready.pop_front() else { return Ok(None) };
        let mut batch = batch_of(decoded, &open.schema, &open.path);
        batch.warnings = open.decoder.take_warnings();
        if open.has_ended && open.ready.is_empty() {
            batch.position = Some(open.position.clone());
        }
        Ok(Some(batch))
    }

    fn check(&mut self, _: &Call) -> Result<Option<String>> {
        files::check(&self.files).map(Some)
    }
}

impl Open {
    /// Without a contract the columns are those of the header: it is read now.
    fn read_columns(&mut self, call: &Call) -> Result<SchemaRef> {
        let known = |decoded: &Decoded| decoded.rows.num_columns() > 0;
        while !self.has_ended && !self.ready.iter().any(known) {
            self.advance(call)?;
        }
        let first = self.ready.iter().find(|decoded| known(decoded));
        first.map(|decoded| decoded.rows.schema()).ok_or_else(|| Error::data("the file shows no columns"))
    }

    fn advance(&mut self, call: &Call) -> Result<()> {
        call.check()?;
        let length = self.file.read(&mut self.chunk).map_err(|cause| files::unreadable(&self.path, cause))?;
        let mut out = Vec::new();
        let outcome = if length == 0 {
            self.has_ended = true;
            self.decoder.finish(&mut out)
        } else {
            self.decoder.push(&self.chunk[..length], &mut out)
        };
        self.ready.extend(out);
        if self.has_ended && files::position(&self.path, &self.file)? != self.position {
            return Err(files::changed(&self.path, "changed while it was read"));
        }
        outcome.map_err(failure)
    }
}

fn refuse_compressed(path: &str, file: &mut File) -> Result<()> {
    use std::io::{Seek, SeekFrom};
    let mut head = Vec::new();
    let read = (&*file).take(GZIP.len() as u64).read_to_end(&mut head).and_then(|_| file.seek(SeekFrom::Start(0)));
    read.map_err(|cause| files::unreadable(path, cause))?;
    if head != GZIP {
        return Ok(());
    }
    let detail = json!({
        "code": "DTV_SOURCE_COMPRESSION",
        "culprit": path,
        "hint": "`source_connector: csv` without a custom reader reads gzip.",
    });
    Err(Error::data(format!("{path} is compressed with gzip, which this reader does not read")).with_detail(detail))
}
