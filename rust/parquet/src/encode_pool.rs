//! Threads that encode the columns of a row group side by side, and the bounds on what waits for them.
use crate::error::Cause;
use crate::flat::Codec;
use crate::lane::{Job, Lane};
use arrow_array::Array;
use dativo_checksum::ColumnChecksum;
use parquet::basic::Compression;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Bytes of columns that may wait. A batch that finds fewer waiting is let in whole.
const QUEUE_BYTES: usize = 2 << 20;

/// What a thread that encodes leaves to those that bring it work, of the same process, when there are more than cores:
/// without it they wait for a turn while it works off what it has, and then it waits for them. 6 % less time on two
/// cores; more than this costs processor time (measured).
const NICENESS: i32 = 5;

pub(crate) struct EncodePool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
}

struct State {
    slots: Vec<Slot>,
    /// Fields that have jobs and that no thread works on.
    ready: VecDeque<usize>,
    queued_bytes: usize,
    /// Bytes of finished row groups that are not written yet.
    writing_bytes: usize,
    failed: Option<Cause>,
    is_closing: bool,
}

struct Slot {
    /// Taken by the thread that works on it.
    lane: Option<Lane>,
    jobs: VecDeque<(Job, usize)>,
    memory: usize,
}

impl EncodePool {
    pub fn start(lanes: Vec<Lane>, threads: usize, compression: Compression) -> Result<Self, Cause> {
        let slots = lanes.into_iter().map(|lane| Slot { lane: Some(lane), jobs: VecDeque::new(), memory: 0 }).collect();
        let state =
            State { slots, ready: VecDeque::new(), queued_bytes: 0, writing_bytes: 0, failed: None, is_closing: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), work: Condvar::new(), room: Condvar::new() });
        let mut pool = Self { shared, threads: Vec::new() };
        for number in 0..threads.max(1) {
            let shared = pool.shared.clone();
            let name = format!("parquet-encode-{number}");
            let mut codec = Codec::new(compression)?;
            let work = move || {
                give_way();
                shared.work(&mut codec);
            };
            pool.threads.push(Builder::new().name(name).spawn(work)?);
        }
        Ok(pool)
    }

    pub fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Queues one job for each field, once there is room for columns.
    pub fn push(&self, jobs: impl Iterator<Item = Job>) -> Result<(), Cause> {
        let mut state = self.shared.lock();
        while state.queued_bytes > QUEUE_BYTES && state.failed.is_none() {
            state = self.shared.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(cause) = &state.failed {
            return Err(cause.clone());
        }
        for (index, job) in jobs.enumerate() {
            let bytes = match &job {
                Job::Encode(column) => column.to_data().get_slice_memory_size().unwrap_or_default(),
                _ => 0,
            };
            state.queued_bytes += bytes;
            let slot = &mut state.slots[index];
            slot.jobs.push_back((job, bytes));
            if slot.jobs.len() == 1 && slot.lane.is_some() {
                state.ready.push_back(index);
            }
        }
        self.shared.work.notify_all();
        Ok(())
    }

    /// What each field holds, once the pool has stopped.
    pub fn checksums(&self) -> Vec<ColumnChecksum> {
        self.shared.lock().slots.iter().filter_map(|slot| slot.lane.as_ref()).map(Lane::checksum).collect()
    }

    /// Runs what is queued to its end, or drops it.
    pub fn stop(&mut self, drop_jobs: bool) -> Result<(), Cause> {
        {
            let mut state = self.shared.lock();
            state.is_closing = true;
            if drop_jobs {
                state.clear();
            }
            self.shared.work.notify_all();
        }
        for thread in mem::take(&mut self.threads) {
            // Jobs are run under catch_unwind, so a thread does not end in a panic.
            let _ = thread.join();
        }
        self.shared.failure()
    }
}

impl Drop for EncodePool {
    fn drop(&mut self) {
        let _ = self.stop(true);
    }
}

/// On Linux this is said of a thread; elsewhere it would be of the whole process.
fn give_way() {
    #[cfg(target_os = "linux")]
    // SAFETY: nothing is handed over but numbers. Where it is refused, nothing changes.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, libc::getpriority(libc::PRIO_PROCESS, 0) + NICENESS);
    }
}

impl Shared {
    pub fn failure(&self) -> Result<(), Cause> {
        self.lock().failed.clone().map_or(Ok(()), Err)
    }

    /// Keeps the first failure and drops what is queued.
    pub fn fail(&self, cause: Cause) {
        let mut state = self.lock();
        state.failed.get_or_insert(cause);
        state.clear();
        self.room.notify_all();
    }

    /// Encoded bytes of the row group at hand.
    pub fn group_bytes(&self) -> usize {
        self.lock().slots.iter().map(|slot| slot.memory).sum()
    }

    /// All bytes held: columns that wait, the row group at hand, and the one being written.
    pub fn held_bytes(&self) -> usize {
        let state = self.lock();
        state.queued_bytes + state.writing_bytes + state.slots.iter().map(|slot| slot.memory).sum::<usize>()
    }

    pub fn set_writing_bytes(&self, bytes: usize) {
        self.lock().writing_bytes = bytes;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, codec: &mut Codec) {
        let mut state = self.lock();
        loop {
            if let Some((mut lane, job, bytes, index)) = state.take() {
                drop(state);
                let outcome = catch_unwind(AssertUnwindSafe(|| lane.run(job, codec)));
                match outcome {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => self.fail(error.into()),
                    Err(panic) => self.fail(Cause::from_panic(&*panic)),
                }
                let memory = lane.memory();
                state = self.lock();
                state.give_back(lane, index, bytes, memory);
                self.room.notify_one();
            } else if state.is_closing {
                return;
            } else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl State {
    fn take(&mut self) -> Option<(Lane, Job, usize, usize)> {
        let index = self.ready.pop_front()?;
        let slot = &mut self.slots[index];
        let lane = slot.lane.take()?;
        match slot.jobs.pop_front() {
            Some((job, bytes)) => Some((lane, job, bytes, index)),
            None => {
                slot.lane = Some(lane);
                None
            }
        }
    }

    fn give_back(&mut self, lane: Lane, index: usize, bytes: usize, memory: usize) {
        self.queued_bytes = self.queued_bytes.saturating_sub(bytes);
        let slot = &mut self.slots[index];
        slot.memory = memory;
        slot.lane = Some(lane);
        if !slot.jobs.is_empty() {
            self.ready.push_back(index);
        }
    }

    fn clear(&mut self) {
        self.ready.clear();
        self.slots.iter_mut().for_each(|slot| slot.jobs.clear());
        self.queued_bytes = 0;
    }
}
