//! `measure`: runs a command and writes down what the system says it cost.
//!
//! A program of its own, because Linux lets a new process begin with the memory of the one that started it as its peak:
//! a child of a Node of 330 MB had a peak of 300 MB before it did anything (measured), and has 4 MB here.
use crate::Result;
use serde_json::json;
use std::process::{Command, ExitCode};
use std::time::Instant;

pub fn run(words: &[String]) -> Result<ExitCode> {
    let [report, program, arguments @ ..] = words else { return Err(crate::USAGE.to_owned()) };
    let clock = Instant::now();
    let child = Command::new(program).args(arguments).spawn().map_err(|cause| format!("{program}: {cause}"))?;
    let (status, usage) = wait(child.id())?;
    let wall = clock.elapsed().as_secs_f64();
    let text = json!({
        "wall_seconds": wall,
        "user_seconds": seconds(usage.ru_utime),
        "system_seconds": seconds(usage.ru_stime),
        "peak_bytes": usage.ru_maxrss as u64 * MAXRSS_UNIT,
        "exit_code": libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        "signal": libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
    });
    std::fs::write(report, text.to_string()).map_err(|cause| format!("{report}: {cause}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Bytes in a unit of `ru_maxrss`.
const MAXRSS_UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

/// Waits until the process is gone; what its own children took is in it where it waited for them.
fn wait(pid: u32) -> Result<(i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: all zeros is a value of the struct, and both places live while the call fills them.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage), usage)
    };
    if waited < 0 {
        return Err(format!("wait4: {}", std::io::Error::last_os_error()));
    }
    Ok((status, usage))
}

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}
