//! The system calls that a process may make, by seccomp.
//!
//! Two filters: one that knows by name what Node and libraries need, and one that looks at the arguments of some of
//! these. What neither knows does not exist (ENOSYS), so that a C library falls back on what it had before; what is
//! refused by name is not permitted (EPERM), so that an error says what it is.
use seccompiler::{
    BackendError, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use std::collections::BTreeMap;

type Call = libc::c_long;
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What a process does to itself, to its memory and its descriptors, and to files that Landlock lets it have.
const ALLOWED: &[Call] = &[
    libc::SYS_brk,
    libc::SYS_capget,
    libc::SYS_chdir,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_clone,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_copy_file_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fchdir,
    libc::SYS_fchmod,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_futex,
    libc::SYS_futex_waitv,
    libc::SYS_get_mempolicy,
    libc::SYS_get_robust_list,
    libc::SYS_getcpu,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getgroups,
    libc::SYS_getitimer,
    libc::SYS_getpeername,
    libc::SYS_getpgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getpriority,
    libc::SYS_getrandom,
    libc::SYS_getresgid,
    libc::SYS_getresuid,
    libc::SYS_getrusage,
    libc::SYS_getsid,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_ioctl,
    libc::SYS_kill,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mbind,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mkdirat,
    libc::SYS_mlock,
    libc::SYS_mlock2,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_msync,
    libc::SYS_munlock,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_pipe2,
    libc::SYS_pkey_alloc,
    libc::SYS_pkey_free,
    libc::SYS_pkey_mprotect,
    libc::SYS_ppoll,
    libc::SYS_prctl,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_prlimit64,
    libc::SYS_pselect6,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_read,
    libc::SYS_readahead,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_yield,
    // For the second filter; one that a plugin adds can only forbid more.
    libc::SYS_seccomp,
    libc::SYS_sendfile,
    libc::SYS_sendmmsg,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_setitimer,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_sigaltstack,
    libc::SYS_socketpair,
    libc::SYS_splice,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sync_file_range,
    libc::SYS_sysinfo,
    libc::SYS_tee,
    libc::SYS_tgkill,
    libc::SYS_timer_create,
    libc::SYS_timer_delete,
    libc::SYS_timer_getoverrun,
    libc::SYS_timer_gettime,
    libc::SYS_timer_settime,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_gettime,
    libc::SYS_timerfd_settime,
    libc::SYS_times,
    libc::SYS_truncate,
    libc::SYS_umask,
    libc::SYS_uname,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Older spellings of the same.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[Call] = &[
    libc::SYS_access,
    libc::SYS_alarm,
    libc::SYS_arch_prctl,
    libc::SYS_creat,
    libc::SYS_dup2,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_getdents,
    libc::SYS_getpgrp,
    libc::SYS_getrlimit,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_pause,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_setrlimit,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[Call] = &[];

/// Whoever asks for one of these is told so. Landlock knows no modes, owners and times, nor what memory is shared.
const REFUSED: &[Call] = &[
    libc::SYS_bpf,
    libc::SYS_execveat,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_io_uring_setup,
    libc::SYS_linkat,
    libc::SYS_memfd_create,
    libc::SYS_mknodat,
    libc::SYS_mount,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_setns,
    libc::SYS_setsid,
    libc::SYS_shmget,
    libc::SYS_symlinkat,
    libc::SYS_unshare,
];
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[Call] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_fork,
    libc::SYS_lchown,
    libc::SYS_link,
    libc::SYS_mknod,
    libc::SYS_symlink,
    libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[Call] = &[];

/// What makes a connection. Those that are there already, such as the pipe to Dativo, go by descriptor.
const CONNECTING: [Call; 3] = [libc::SYS_bind, libc::SYS_connect, libc::SYS_socket];
const LISTENING: [Call; 3] = [libc::SYS_accept, libc::SYS_accept4, libc::SYS_listen];

/// Not in every version of the bindings.
const PR_SET_VMA: u64 = 0x5356_4d41;

pub fn restrict(network: bool) -> Result<(), String> {
    install(&allowed(), SeccompAction::Errno(libc::ENOSYS as u32), SeccompAction::Allow)
        .and_then(|()| {
            let rules = refused(network).map_err(|error| error.to_string())?;
            install(&rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32))
        })
        .map_err(|error| format!("seccomp: {error}"))
}

fn install(rules: &Rules, otherwise: SeccompAction, then: SeccompAction) -> Result<(), String> {
    let compile = || -> Result<seccompiler::BpfProgram, BackendError> {
        SeccompFilter::new(rules.clone(), otherwise, then, std::env::consts::ARCH.try_into()?)?.try_into()
    };
    let program = compile().map_err(|error| error.to_string())?;
    seccompiler::apply_filter(&program).map_err(|error| error.to_string())
}

/// All that the second filter looks at is let through by the first.
fn allowed() -> Rules {
    [ALLOWED, ALLOWED_HERE, REFUSED, REFUSED_HERE, &CONNECTING, &LISTENING]
        .into_iter()
        .flatten()
        .map(|&call| (call, vec![]))
        .collect()
}

fn refused(network: bool) -> Result<Rules, BackendError> {
    let always = [REFUSED, REFUSED_HERE, &LISTENING].into_iter().flatten();
    let connecting: &[Call] = if network { &[] } else { &CONNECTING };
    let mut rules: Rules = always.chain(connecting).map(|&call| (call, vec![])).collect();
    rules.extend(conditional(network)?);
    Ok(rules)
}

fn conditional(network: bool) -> Result<Rules, BackendError> {
    let me = u64::from(std::process::id());
    let thread = libc::CLONE_THREAD as u64;
    let shared = (libc::MAP_SHARED | libc::MAP_ANONYMOUS) as u64;
    let mut rules = Rules::from([
        // Threads, and no processes.
        (libc::SYS_clone, vec![rule([masked(0, thread, 0)])?]),
        // Memory that several processes could share counts towards nobody's limit.
        (libc::SYS_mmap, vec![rule([masked(3, shared, shared)])?]),
        // Signals to itself, and to nobody else; limits likewise.
        (libc::SYS_kill, vec![rule([differs(0, me)])?]),
        (libc::SYS_tgkill, vec![rule([differs(0, me)])?]),
        (libc::SYS_prlimit64, vec![rule([differs(0, 0), differs(0, me)])?]),
        // Times of an open file, not of one by its name.
        (libc::SYS_utimensat, vec![rule([not_null(1)])?]),
        (libc::SYS_socketpair, vec![rule([differs(0, libc::AF_UNIX as u64)])?]),
        (libc::SYS_prctl, vec![rule(unless_harmless().map(|option| differs(0, option)))?]),
    ]);
    if network {
        // Not the sockets of the machine's own services, which lie among the files.
        let internet = [libc::AF_INET, libc::AF_INET6].map(|family| differs(0, family as u64));
        rules.insert(libc::SYS_socket, vec![rule(internet)?]);
    }
    Ok(rules)
}

/// Options of prctl that name things and look at them. The wish to end with Dativo is not to be taken back.
fn unless_harmless() -> [u64; 6] {
    [
        libc::PR_SET_NAME as u64,
        libc::PR_GET_NAME as u64,
        libc::PR_GET_DUMPABLE as u64,
        libc::PR_CAPBSET_READ as u64,
        libc::PR_SET_NO_NEW_PRIVS as u64,
        PR_SET_VMA,
    ]
}

type Condition = Result<SeccompCondition, BackendError>;

fn rule<const N: usize>(conditions: [Condition; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)
}

fn differs(argument: u8, value: u64) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

fn not_null(argument: u8) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)
}

fn masked(argument: u8, mask: u64, value: u64) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
}
