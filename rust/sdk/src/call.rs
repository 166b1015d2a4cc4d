use crate::abi::DtvCall;
use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

/// What the host says of the call under way.
pub struct Call<'a> {
    cancel: Option<&'a AtomicI32>,
    deadline: Option<Duration>,
}

impl<'a> Call<'a> {
    /// # Safety
    /// `raw` is null or a struct that lives as long as the call, as does the flag it points to.
    pub(crate) unsafe fn from_raw(raw: *const DtvCall) -> Self {
        // SAFETY: by the caller's promise; an int32 that another thread writes to is an atomic here.
        unsafe {
            if raw.is_null() {
                return Self { cancel: None, deadline: None };
            }
            // No reference to the struct: that of the host may be smaller.
            let knows_deadline = (*raw).size as usize >= size_of::<DtvCall>();
            Self {
                cancel: ((*raw).cancel as *const AtomicI32).as_ref(),
                deadline: if knows_deadline { u64::try_from((*raw).deadline_ms).ok() } else { None }
                    .map(Duration::from_millis),
            }
        }
    }

    /// True when the host wants the call to return; it should do so within a second.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0)
    }

    /// An error when the call is cancelled: `call.check()?` in loops.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::new(ErrorKind::Cancelled, "cancelled")) } else { Ok(()) }
    }

    /// How long the host will wait, where it says so.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }
}
