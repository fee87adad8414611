//! The machine: what its kernel tells of it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use rustix::fs::{Access, access, statfs, statvfs};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt};
use rustix::process::{Resource, geteuid, getrlimit};

/// Programs that keep the clock right, by the names that the kernel gives their processes (15 bytes).
const TIME_SERVICES: [&str; 6] = ["chronyd", "ntpd", "ntpsec", "openntpd", "systemd-timesyn", "ntpd-rs"];
/// What systemd-timesyncd touches when it has set the clock.
const TIMESYNC: &str = "/run/systemd/timesync/synchronized";

/// The control group of the packaged unit.
const UNIT: &str = "system.slice/zonemint.service";

/// Facts about the machine, and about the limits under which this command runs.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) cores: usize,
    /// All of its memory, in bytes.
    pub(super) memory: Option<u64>,
    /// What the control group lets its processes have, in bytes.
    pub(super) memory_limit: Option<u64>,
    /// Swap space, in bytes.
    pub(super) swap: u64,
    /// Files that a process may have open.
    pub(super) files: Option<u64>,
    /// Connections that may wait to be accepted (`net.core.somaxconn`).
    pub(super) backlog: Option<u64>,
    /// The program that keeps the clock right.
    pub(super) time_service: Option<String>,
    /// The user that this command runs as.
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

/// Reads a short file of the kernel's. None when there is none, or it may not be read.
fn read(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The number behind a name, as `/proc/meminfo` writes it.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// The least limit from the own control group up to the root, and of the unit's group while it runs: version 2's, or else version
/// 1's. Above `memory.high` processes are slowed until they hardly run.
fn memory_limit() -> Option<u64> {
    let groups = read("/proc/self/cgroup")?;
    let path = |prefix: &str| groups.lines().find_map(|line| line.split_once(prefix)).map(|(_, path)| path.to_owned());
    let (root, group, files): (_, _, &[_]) = match (path("0::/"), path(":memory:/")) {
        (_, Some(group)) => ("/sys/fs/cgroup/memory", group, &["memory.limit_in_bytes"]),
        (Some(group), None) => ("/sys/fs/cgroup", group, &["memory.max", "memory.high"]),
        (None, None) => return None,
    };
    let (group, unit) = (Path::new(root).join(group), Path::new(root).join(UNIT));
    let limits = group.ancestors().take_while(|folder| folder.starts_with(root)).chain([&*unit]);
    let limits = limits.flat_map(|folder| files.iter().map(|file| folder.join(file)));
    let limits = limits.filter_map(|file| read(file)?.trim().parse::<u64>().ok());
    // Version 1 writes "no limit" as the largest number of pages.
    limits.filter(|limit| *limit < 1 << 60).min()
}

fn time_service() -> Option<String> {
    if Path::new(TIMESYNC).exists() {
        return Some("systemd-timesyncd".to_owned());
    }
    let names = processes().filter_map(|process| read(process.join("comm")));
    names.map(|name| name.trim().to_owned()).find(|name| TIME_SERVICES.contains(&name.as_str()))
}

fn processes() -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_number = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    entries.filter(move |entry| is_number(&entry.file_name())).map(|entry| entry.path())
}

/// A file system, and what room it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disk {
    /// Its magic number (statfs(2)).
    pub(super) kind: u64,
    /// Bytes for everybody, and bytes in all.
    pub(super) free: u64,
    pub(super) size: u64,
    /// Files that can still be made, and files in all; 0 in all where there is no such limit.
    pub(super) free_files: u64,
    pub(super) all_files: u64,
}

impl Disk {
    /// Where a path is, or would be made. None when the system does not tell.
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
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.ancestors().find(|above| above.exists()).unwrap_or(Path::new("/")).to_owned()
}

/// Whether this command may make files in a folder.
pub(super) fn is_writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether an address can be listened on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AddressState {
    Free,
    InUse,
    /// It takes a right that this command does not have.
    Privileged,
    /// No interface has it, or the machine does not speak that version of IP.
    Missing,
    /// Something else, in the system's words.
    Unknown(String),
}

impl AddressState {
    /// Tries it without listening: nobody can connect meanwhile, and a server that starts at this moment is not in the way.
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

/// Which process listens on a port, as far as this command may see it: its number and its name.
pub(super) fn listener(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().filter_map(read);
    let sockets: Vec<String> = tables.flat_map(|table| listening(&table, port)).collect();
    processes().find_map(|process| {
        let mut files = fs::read_dir(process.join("fd")).ok()?.flatten();
        files.find(|file| {
            fs::read_link(file.path()).is_ok_and(|to| sockets.iter().any(|socket| to.as_os_str() == socket.as_str()))
        })?;
        let number = process.file_name()?.to_str()?.to_owned();
        Some(format!("process {number} ({})", read(process.join("comm"))?.trim()))
    })
}

/// The listening sockets of a port in `/proc/net/tcp`, as `/proc/PID/fd` names them.
fn listening(table: &str, port: u16) -> Vec<String> {
    let ends = format!(":{port:04X}");
    let fields = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = fields
        .filter(|fields| fields.get(1).is_some_and(|local| local.ends_with(&ends)) && fields.get(3) == Some(&"0A"));
    listening.filter_map(|fields| fields.get(9).map(|inode| format!("socket:[{inode}]"))).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

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
}
