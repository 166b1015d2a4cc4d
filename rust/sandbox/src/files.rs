//! The files that a process may open, by Landlock.
use crate::settings::Settings;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, Scope, make_bitflags, path_beneath_rules,
};

/// Before it, files that may not be written could still be cut off. It came with Linux 6.2.
const NEEDED: ABI = ABI::V3;
/// What else a newer kernel has is taken where it is there: devices, ports, signals, sockets.
const KNOWN: ABI = ABI::V10;

/// What programs and their libraries are made of, and nobody keeps a secret in.
const SYSTEM: [&str; 10] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/share/zoneinfo",
    "/nix/store",
];
const SYSTEM_FILES: [&str; 6] =
    ["/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/openssl.cnf", "/dev/null", "/dev/random", "/dev/urandom"];
/// How many processors and how much memory there is, and what of it is its own.
const MEASURES: [&str; 5] =
    ["/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self/stat", "/sys/devices/system/cpu"];
/// How names are resolved, and whom to trust.
const NETWORK: [&str; 10] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ca-certificates",
    "/etc/pki",
    "/usr/share/ca-certificates",
];

/// Nothing of it is run: libraries are loaded by reading them.
const READING: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
/// No links, devices or sockets: whoever takes the files over would follow them.
const WRITING: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
});

/// @returns the version of Landlock that holds it
pub fn restrict(settings: &Settings) -> Result<u32, String> {
    let status = enforce(settings).map_err(|error| match error {
        RulesetError::HandleAccesses(_) => {
            "Landlock of Linux 6.2 or later is not in this kernel, or not enabled".into()
        }
        error => format!("Landlock: {error}"),
    })?;
    Ok(ABI::from(status.landlock) as u32)
}

fn enforce(settings: &Settings) -> Result<RestrictionStatus, RulesetError> {
    let running = AccessFs::from_read(KNOWN);
    let network: &[&str] = if settings.network { &NETWORK } else { &[] };
    ruleset(settings.network)?
        .add_rules(path_beneath_rules(SYSTEM, running))?
        .add_rules(path_beneath_rules(SYSTEM_FILES, READING))?
        .add_rules(path_beneath_rules(MEASURES, READING))?
        .add_rules(path_beneath_rules(network, READING))?
        .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(settings.command.first(), running))?
        .add_rules(path_beneath_rules(&settings.reads, READING))?
        .add_rules(path_beneath_rules(&settings.writes, WRITING))?
        .restrict_self()
}

fn ruleset(network: bool) -> Result<RulesetCreated, RulesetError> {
    let ports = if network { AccessNet::BindTcp.into() } else { AccessNet::from_all(KNOWN) };
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(ports)?
        .scope(Scope::from_all(KNOWN))?
        .create()
}
