//! The operating system's metrics of this process, under the names of Prometheus' client libraries.

use std::sync::OnceLock;

use procfs::ProcResult;
use procfs::process::{LimitValue, Process};
use rustix::time::{ClockId, clock_gettime};

use super::metrics::{Exposition, real};

/// Reports memory, processor time, descriptors and start of this process. Without `/proc` there are none of these series.
pub fn measure(into: &mut Exposition) {
    let Ok(stats) = read_stats() else { return };
    into.gauge("process_resident_memory_bytes", "Resident memory, in bytes", real(stats.resident));
    into.real_counter("process_cpu_seconds", "Processor time, in seconds, of program and system", stats.processor_s);
    into.gauge("process_start_time_seconds", "When it started, in seconds since the Unix epoch", stats.started_s);
    into.gauge("process_open_fds", "Open file descriptors", real(stats.descriptors as u64));
    if let LimitValue::Value(most) = stats.most_descriptors {
        into.gauge("process_max_fds", "The most file descriptors that may be open", real(most));
    }
}

struct ProcessStats {
    /// In bytes.
    resident: u64,
    processor_s: f64,
    started_s: f64,
    descriptors: usize,
    most_descriptors: LimitValue,
}

fn read_stats() -> ProcResult<ProcessStats> {
    let process = Process::myself()?;
    let stat = process.stat()?;
    let seconds = |ticks: u64| real(ticks) / real(procfs::ticks_per_second());
    Ok(ProcessStats {
        resident: stat.rss * procfs::page_size(),
        processor_s: seconds(stat.utime + stat.stime),
        started_s: booted_s() + seconds(stat.starttime),
        descriptors: process.fd_count()?,
        most_descriptors: process.limits()?.max_open_files.soft_limit,
    })
}

/// When the system started, in seconds since the Unix epoch; the same in each call. Not from `/proc/stat`, which a service with
/// `ProcSubset=pid` cannot read.
fn booted_s() -> f64 {
    static BOOTED: OnceLock<f64> = OnceLock::new();
    *BOOTED.get_or_init(|| {
        let ms = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
        };
        real(u64::try_from(ms(ClockId::Realtime) - ms(ClockId::Boottime)).unwrap_or(0)) / 1_000.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_start_is_the_one_that_proc_knows() {
        let known = real(procfs::boot_time_secs().unwrap());
        assert!((booted_s() - known).abs() <= 2.0, "{} is not {known}", booted_s());
    }
}
