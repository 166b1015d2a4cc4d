//! What bounds a process as a whole.
use crate::settings::Settings;
use std::io::Error;

/// The pipe to Dativo is descriptor 3; all beyond it is somebody else's.
const FIRST_FOREIGN: libc::c_uint = 4;
const MIB: u64 = 1 << 20;
const OPEN_FILES: u64 = 1024;
const FILE_SIZE: u64 = 16 << 30;
/// What a main thread has by default; more of it would be memory that no limit counts.
const STACK: u64 = 8 * MIB;
/// Less than any core file has, and the one size for which the kernel hands none to a program either.
const NO_CORE: u64 = 1;
/// Between the signal that says why and the one that nothing survives.
const LAST_CPU_SECONDS: u64 = 2;

/// Restrictions of the process that is started outlive this one; the wish to end with its parent does too.
pub fn end_with_parent(parent: Option<u32>) -> Result<(), String> {
    let Some(parent) = parent else { return Ok(()) };
    // SAFETY: it takes numbers.
    let status = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    told("PR_SET_PDEATHSIG", status)?;
    // It may have ended before it was asked about.
    if std::os::unix::process::parent_id() == parent { Ok(()) } else { Err("Dativo has ended".into()) }
}

pub fn close_inherited() -> Result<(), String> {
    // SAFETY: this program has opened nothing.
    told("close_range", unsafe { libc::close_range(FIRST_FOREIGN, libc::c_uint::MAX, 0) })
}

pub fn set(settings: &Settings) -> Result<(), String> {
    limit(libc::RLIMIT_CORE, NO_CORE, NO_CORE)?;
    limit(libc::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES)?;
    limit(libc::RLIMIT_FSIZE, FILE_SIZE, FILE_SIZE)?;
    limit(libc::RLIMIT_STACK, STACK, STACK)?;
    if let Some(bytes) = settings.memory {
        // Not the address space: V8 reserves far more of that than it ever uses.
        limit(libc::RLIMIT_DATA, bytes, bytes)?;
    }
    if let Some(seconds) = settings.cpu_seconds {
        limit(libc::RLIMIT_CPU, seconds, seconds + LAST_CPU_SECONDS)?;
    }
    Ok(())
}

#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

fn limit(resource: Resource, soft: u64, hard: u64) -> Result<(), String> {
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both point to a struct of ours.
    told("getrlimit", unsafe { libc::getrlimit(resource, &raw mut now) })?;
    // One that is stricter already stays.
    let wanted = libc::rlimit { rlim_cur: soft.min(now.rlim_max), rlim_max: hard.min(now.rlim_max) };
    told("setrlimit", unsafe { libc::setrlimit(resource, &raw const wanted) })
}

/// As root, too, the process is to be nobody special.
pub fn drop_capabilities() -> Result<(), String> {
    use caps::CapSet::{Effective, Inheritable, Permitted};
    [Effective, Permitted, Inheritable]
        .into_iter()
        .try_for_each(|set| caps::clear(None, set).map_err(|error| format!("capabilities: {error}")))
}

fn told(what: &str, status: libc::c_int) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(format!("{what}: {}", Error::last_os_error())) }
}
