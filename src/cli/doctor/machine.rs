//! Facts about the machine, from its kernel.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use procfs::net::{TcpState, tcp, tcp6};
use procfs::process::{FDTarget, Process, all_processes};
use procfs::{ProcessCGroup, ProcessCGroups};
use rustix::fs::{Access, access, statfs, statvfs};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt};
use rustix::process::{Resource, geteuid, getrlimit};

use crate::cli::absolute;

/// Programs that synchronize the clock, by their process names (at most 15 bytes).
const TIME_SERVICES: [&str; 6] = ["chronyd", "ntpd", "ntpsec", "openntpd", "systemd-timesyn", "ntpd-rs"];
/// The file that systemd-timesyncd touches when it has set the clock.
const TIMESYNC: &str = "/run/systemd/timesync/synchronized";

/// The control group of the packaged unit.
const UNIT: &str = "system.slice/zonemint.service";

/// Facts about the machine, and about the limits under which this command runs.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) cores: usize,
    /// The memory of the machine, in bytes.
    pub(super) memory: Option<u64>,
    /// The memory limit of the control group, in bytes.
    pub(super) memory_limit: Option<u64>,
    /// Swap space, in bytes.
    pub(super) swap: u64,
    /// The limit of open files of a process.
    pub(super) files: Option<u64>,
    /// The limit of connections that wait to be accepted (`net.core.somaxconn`).
    pub(super) backlog: Option<u64>,
    /// The program that synchronizes the clock.
    pub(super) time_service: Option<String>,
    /// The id of the user that runs this command.
    pub(super) user: u32,
}

impl Machine {
    pub(super) fn look() -> Self {
        let meminfo = read("/proc/meminfo").unwrap_or_default();
        Self {
            cores: available_parallelism().map_or(1, usize::from),
            memory: field(&meminfo, "MemTotal:").map(|kib| kib << 10),
            memory_limit: memory_limit(),
            swap: field(&meminfo, "SwapTotal:").unwrap_or(0) << 10,
            files: getrlimit(Resource::Nofile).current,
            backlog: read("/proc/sys/net/core/somaxconn").and_then(|text| text.trim().parse().ok()),
            time_service: time_service(),
            user: geteuid().as_raw(),
        }
    }
}

/// Reads a short file of the kernel's. None when it does not exist or cannot be read.
fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The number after a name in `/proc/meminfo`. The `procfs` crate rejects the whole file where a field is missing, as with gVisor.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// The lowest limit from this process's control group up to the root, and of the unit's group while it runs.
fn memory_limit() -> Option<u64> {
    let groups = Process::myself().ok()?.cgroups().ok()?;
    let (root, group, files) = of_memory(&groups)?;
    let (group, unit) = (Path::new(root).join(group), Path::new(root).join(UNIT));
    let limits = group.ancestors().take_while(|folder| folder.starts_with(root)).chain([&*unit]);
    let limits = limits.flat_map(|folder| files.iter().map(|file| folder.join(file)));
    let limits = limits.filter_map(|file| read(file)?.trim().parse::<u64>().ok());
    // Version 1 writes "no limit" as the largest number of pages.
    limits.filter(|limit| *limit < 1 << 60).min()
}

/// The group that limits memory: the root of its hierarchy, its path in it, and the files with limits. Version 1's where there is one, or
/// else version 2's, whose line has no controllers. Above `memory.high` processes are slowed until they hardly run.
fn of_memory(groups: &ProcessCGroups) -> Option<(&'static str, &str, &'static [&'static str])> {
    let has_memory = |group: &&ProcessCGroup| group.controllers.iter().any(|name| name == "memory");
    let is_unified = |group: &&ProcessCGroup| group.hierarchy == 0 && group.controllers.is_empty();
    let (root, group, files): (_, _, &[_]) = match groups.0.iter().find(has_memory) {
        Some(group) => ("/sys/fs/cgroup/memory", group, &["memory.limit_in_bytes"]),
        None => ("/sys/fs/cgroup", groups.0.iter().find(is_unified)?, &["memory.max", "memory.high"]),
    };
    Some((root, group.pathname.strip_prefix('/')?, files))
}

fn time_service() -> Option<String> {
    if Path::new(TIMESYNC).exists() {
        return Some("systemd-timesyncd".to_owned());
    }
    let mut names = all_processes().ok()?.filter_map(|process| Some(process.ok()?.stat().ok()?.comm));
    names.find(|name| TIME_SERVICES.contains(&name.as_str()))
}

/// A file system and its free space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disk {
    /// Its magic number (statfs(2)).
    pub(super) kind: u64,
    /// Free bytes for users other than root, and all bytes.
    pub(super) free: u64,
    pub(super) size: u64,
    /// Files that can still be created, and files in all; `all_files` is 0 if there is no limit.
    pub(super) free_files: u64,
    pub(super) all_files: u64,
}

impl Disk {
    /// The disk of a path that exists or would be created. None if the system does not report it.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let place = existing(path);
        let (kind, room) = (statfs(place.as_path()).ok()?.f_type, statvfs(place.as_path()).ok()?);
        Some(Self {
            kind: u64::try_from(kind).unwrap_or(0),
            free: room.f_bavail.saturating_mul(room.f_frsize),
            size: room.f_blocks.saturating_mul(room.f_frsize),
            free_files: room.f_favail,
            all_files: room.f_files,
        })
    }
}

/// A path, or the nearest folder above it that exists.
pub(super) fn existing(path: &Path) -> PathBuf {
    absolute(path).ancestors().find(|above| above.exists()).unwrap_or(Path::new("/")).to_owned()
}

/// Whether this command can create files in a folder.
pub(super) fn is_writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether a server can listen on an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AddressState {
    Free,
    InUse,
    /// Listening on it takes a right that this command does not have.
    Privileged,
    /// No interface has it, or the machine does not support that version of IP.
    Missing,
    /// Another error, in the system's words.
    Unknown(String),
}

impl AddressState {
    /// Binds a socket without listening on it: nobody can connect, and a server can start at the same moment.
    pub(super) fn of(address: SocketAddr) -> Self {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let tried = socket(family, SocketType::STREAM, None)
            .and_then(|socket| sockopt::set_socket_reuseaddr(&socket, true).map(|()| socket))
            .and_then(|socket| bind(&socket, &address));
        match tried {
            Ok(()) => Self::Free,
            Err(Errno::ADDRINUSE) => Self::InUse,
            Err(Errno::ACCESS) => Self::Privileged,
            Err(Errno::ADDRNOTAVAIL | Errno::AFNOSUPPORT) => Self::Missing,
            Err(error) => Self::Unknown(error.to_string()),
        }
    }
}

/// The number and the name of the process that listens on a port, as far as this command can see it.
pub(super) fn listener(port: u16) -> Option<String> {
    let sockets = [tcp(), tcp6()].into_iter().flatten().flatten();
    let listening = sockets.filter(|socket| socket.state == TcpState::Listen && socket.local_address.port() == port);
    let listening: Vec<_> = listening.map(|socket| socket.inode).collect();
    let is_listening = |target: &FDTarget| matches!(target, FDTarget::Socket(inode) if listening.contains(inode));
    all_processes().ok()?.flatten().find_map(|process| {
        process.fd().ok()?.flatten().find(|file| is_listening(&file.target))?;
        Some(format!("process {} ({})", process.pid, process.stat().map_or_else(|_| "?".to_owned(), |stat| stat.comm)))
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use procfs::FromBufRead as _;

    use super::*;

    #[test]
    fn a_port_is_free_or_somebody_has_it() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listening.local_addr().unwrap();
        assert_eq!(AddressState::of(address), AddressState::InUse);
        let told = listener(address.port()).unwrap();
        assert!(told.starts_with(&format!("process {} (", std::process::id())), "{told}");
        assert_eq!(AddressState::of("127.0.0.1:0".parse().unwrap()), AddressState::Free);
        assert_eq!(AddressState::of("192.0.2.1:0".parse().unwrap()), AddressState::Missing);
    }

    #[test]
    fn a_disk_is_that_of_the_nearest_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::of(&folder.path().join("not/there")).unwrap();
        assert!(disk.free <= disk.size && disk.kind > 0, "{disk:?}");
        assert_eq!(existing(&folder.path().join("not/there")), folder.path());
    }

    #[test]
    fn the_kernel_tells_of_this_machine() {
        let machine = Machine::look();
        assert!(machine.cores > 0 && machine.memory.is_some_and(|memory| memory > 1 << 20), "{machine:?}");
        assert_eq!(field("MemTotal:  12 kB\nSwapTotal: 3 kB", "SwapTotal:"), Some(3));
    }

    #[test]
    fn the_group_that_limits_memory_is_found_in_both_versions() {
        let both = "4:memory,devices:/old\n0::/new\n";
        for (text, expected) in [
            ("0::/system.slice/a.service\n", Some(("/sys/fs/cgroup", "system.slice/a.service"))),
            ("0::/\n", Some(("/sys/fs/cgroup", ""))),
            (both, Some(("/sys/fs/cgroup/memory", "old"))),
            ("2:cpu,cpuacct:/a\n1:name=systemd:/b\n", None),
            ("", None),
        ] {
            let groups = ProcessCGroups::from_buf_read(text.as_bytes()).unwrap();
            assert_eq!(of_memory(&groups).map(|(root, group, _)| (root, group)), expected, "{text}");
        }
    }
}
