//! The order in which a process gives up what it could do: each step needs something that a later one takes away.
use crate::settings::Settings;
use crate::{calls, files, limits};

/// @returns what holds it, in words
pub fn restrict(settings: &Settings) -> Result<String, String> {
    limits::end_with_parent(settings.parent)?;
    limits::close_inherited()?;
    limits::set(settings)?;
    let abi = files::restrict(settings)?;
    limits::drop_capabilities()?;
    calls::restrict(settings.network)?;
    Ok(format!("Landlock ABI {abi}, seccomp and resource limits"))
}
