//! One open file, decoded as the host's plan says.
use dativo_parquet::Cause;
use dativo_parquet::decode::{ColumnPlan, Columns, SharedFile};
use dativo_plugin::arrow_array::RecordBatch;
use dativo_plugin::arrow_schema::SchemaRef;
use dativo_plugin::serde_json::{self, Value};
use dativo_plugin::{Batch, Call, Error, OpenRequest, Reader, Result};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How long a call may take to notice that it is cancelled.
const PATIENCE: Duration = Duration::from_millis(50);

/// `decode`: `{descriptor, columns, batch_rows}`. The descriptor is open until `open` has returned.
pub struct FileDecoder {
    config: Value,
    open: Option<Ahead>,
}

impl Reader for FileDecoder {
    fn create(config: &Value) -> Result<Self> {
        Ok(Self { config: config["decode"].clone(), open: None })
    }

    fn open(&mut self, _: &Call, _: &OpenRequest) -> Result<SchemaRef> {
        let plan: Vec<ColumnPlan> = serde_json::from_value(self.config["columns"].clone())?;
        let number = |name: &str| self.config[name].as_u64().ok_or_else(|| Error::config(format!("no {name}")));
        let descriptor = i32::try_from(number("descriptor")?).map_err(|_| Error::config("no descriptor"))?;
        // SAFETY: the host keeps it open during the call.
        let file = unsafe { SharedFile::of_descriptor(descriptor) }?;
        let columns = Columns::open(file, plan, number("batch_rows")? as usize).map_err(failure)?;
        let schema = columns.schema().clone();
        self.open = Some(Ahead::start(columns)?);
        Ok(schema)
    }

    fn next(&mut self, call: &Call) -> Result<Option<Batch>> {
        let ahead = self.open.as_ref().ok_or_else(|| Error::config("next() before open()"))?;
        loop {
            call.check()?;
            match ahead.batches.recv_timeout(PATIENCE) {
                Ok(made) => {
                    let (rows, bytes_in) = made.map_err(failure)?;
                    return Ok(Some(Batch { bytes_in, ..rows.into() }));
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// A thread that makes a batch while the last one is looked at, and waits until it is asked for.
struct Ahead {
    batches: Receiver<Made>,
    worker: Option<JoinHandle<()>>,
}

/// Records, and the bytes that were read for them.
type Made = std::result::Result<(RecordBatch, u64), Cause>;

impl Ahead {
    fn start(mut columns: Columns) -> Result<Self> {
        let (sender, batches) = sync_channel(0);
        let work = move || {
            while let Some(made) = columns.next() {
                let made = made.map(|rows| (rows, columns.take_read_bytes()));
                if sender.send(made).is_err() {
                    return;
                }
            }
        };
        let worker = Builder::new().name("parquet".to_owned()).spawn(work)?;
        Ok(Self { batches, worker: Some(worker) })
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Nobody takes what the thread has: it ends.
        drop(std::mem::replace(&mut self.batches, sync_channel(0).1));
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

fn failure(cause: Cause) -> Error {
    Error::data(cause.to_string())
}
