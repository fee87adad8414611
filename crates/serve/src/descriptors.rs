//! File descriptors: raises their limit for the connections, or lowers the number of connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors besides one for each connection: files, database, log, sockets that are being closed.
const BESIDE: u64 = 128;
/// Descriptors of each core: the listening socket, and those of the runtime and its waker.
const OF_A_CORE: u64 = 5;

fn beside(cores: usize) -> u64 {
    BESIDE + OF_A_CORE * cores as u64
}

/// Raises the limit of file descriptors to what so many connections and cores need, as far as the system allows. Returns how many
/// connections then fit. With more, the store could not open its files while clients use all descriptors.
pub(super) fn provide(connections: usize, cores: usize) -> usize {
    let beside = beside(cores);
    let needed = (connections as u64).saturating_add(beside);
    let limit = getrlimit(Resource::Nofile);
    let Some(mut soft) = limit.current else { return connections };
    let possible = limit.maximum.map_or(needed, |hard| hard.min(needed));
    if soft < possible && setrlimit(Resource::Nofile, Rlimit { current: Some(possible), ..limit }).is_ok() {
        soft = possible;
    }
    let fitting = fitting(soft, connections, beside);
    if fitting < connections {
        tracing::warn!(
            limit = soft,
            needed,
            connections = fitting,
            "the process cannot open enough files for server.max_connections: fewer connections are accepted; raise the \
             limit (LimitNOFILE= of the unit, ulimit -n), or lower the setting"
        );
    }
    fitting
}

/// At least half of the limit is for connections.
fn fitting(limit: u64, connections: usize, beside: u64) -> usize {
    let most = limit.saturating_sub(beside).max(limit / 2);
    connections.min(usize::try_from(most).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        for (limit, connections, expected) in
            [(65_536, 10_000, 10_000), (10_128, 10_000, 10_000), (1024, 10_000, 896), (64, 10_000, 32), (0, 10_000, 1)]
        {
            assert_eq!(fitting(limit, connections, BESIDE), expected, "{limit}");
        }
    }
}
