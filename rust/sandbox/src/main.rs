//! Starts a command that reaches nothing but what it is given: the process of a plugin whose author nobody knows.
//!
//! `dativo_sandbox [--read PATH] [--write PATH] [--network] --memory BYTES --cpu-seconds N --parent PID -- COMMAND …`
//! restricts itself, for good, and becomes the command. `dativo_sandbox --check` says whether it could.
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod restrict;
mod settings;

use settings::Settings;
use std::env::args_os;
use std::process::ExitCode;

/// What shells give when a command could not be started.
const NOT_STARTED: u8 = 126;

fn main() -> ExitCode {
    let done = Settings::parse(args_os().skip(1)).and_then(|settings| run(&settings));
    match done {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(NOT_STARTED)
        }
    }
}

/// Comes back with a report where there is no command, or with what kept it from starting.
#[cfg(target_os = "linux")]
fn run(settings: &Settings) -> Result<String, String> {
    use std::os::unix::process::CommandExt;
    let report = restrict::restrict(settings)?;
    let Some((command, arguments)) = settings.command.split_first() else { return Ok(report) };
    let error = std::process::Command::new(command).args(arguments).exec();
    Err(format!("{} could not be started: {error}", command.display()))
}

#[cfg(not(target_os = "linux"))]
fn run(_: &Settings) -> Result<String, String> {
    Err("the sandbox needs Linux: its parts are Landlock and seccomp".into())
}
