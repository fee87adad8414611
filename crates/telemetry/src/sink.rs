//! Buffers lines and writes them from one thread.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::task::{self, Task};

/// How long lines are buffered before they are written: short enough to follow the log, long enough to write many at once.
const GATHER: Duration = Duration::from_millis(50);
/// How long a flush waits for a reader that does not read. Then the unread rest is lost: a program that has to end must end.
const STALLED: Duration = Duration::from_secs(2);
/// Bytes that may wait when the reader is slow. Further lines are dropped and counted.
const MOST: usize = 4 << 20;

/// The destination of lines. Cheap to clone; clones write to the same destination.
#[derive(Clone)]
pub struct Sink(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    lines: Vec<u8>,
    dropped: u64,
    writing: bool,
    closed: bool,
}

impl Sink {
    /// Starts the thread that writes to `out`.
    ///
    /// # Errors
    /// An error of the operating system when no thread can be started.
    pub fn start(mut out: impl Write + Send + 'static) -> io::Result<Self> {
        let state = State { lines: Vec::new(), dropped: 0, writing: false, closed: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        task::keep_thread(Task::Log, "log".to_owned(), move || write_out(&theirs, &mut out))?;
        Ok(Self(shared))
    }

    /// Adds what `write` appends, which must be whole lines.
    pub fn append(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.lines.len() > MOST {
            state.dropped += 1;
            return;
        }
        let was_empty = state.lines.is_empty();
        write(&mut state.lines);
        drop(state);
        if was_empty {
            self.0.changed.notify_all();
        }
    }

    /// Waits until everything added so far is written, or the reader has stopped reading.
    pub fn flush(&self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed = true;
        self.0.changed.notify_all();
        while state.writing || !state.lines.is_empty() {
            let waited = self.0.changed.wait_timeout(state, STALLED);
            let (changed, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = changed;
            if timeout.timed_out() {
                break;
            }
        }
        state.closed = false;
    }
}

fn write_out(shared: &Shared, out: &mut impl Write) {
    let mut batch = Vec::new();
    loop {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.lines.is_empty() {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.closed {
            let waited = shared.changed.wait_timeout_while(state, GATHER, |state| !state.closed);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::swap(&mut batch, &mut state.lines);
        state.writing = true;
        let dropped = std::mem::take(&mut state.dropped);
        drop(state);
        // If standard error is closed, there is no place for a message.
        let _ = out.write_all(&batch);
        if dropped > 0 {
            let _ = writeln!(out, "{dropped} log lines were dropped, because they were not read fast enough");
        }
        let _ = out.flush();
        batch.clear();
        batch.shrink_to(MOST / 16);
        shared.state.lock().unwrap_or_else(PoisonError::into_inner).writing = false;
        shared.changed.notify_all();
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Written(mpsc::Sender<Vec<u8>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_added_before_a_flush_is_written_after_it() {
        let (sender, written) = mpsc::channel();
        let sink = Sink::start(Written(sender)).unwrap();
        sink.append(|lines| lines.extend_from_slice(b"one\n"));
        sink.append(|lines| lines.extend_from_slice(b"two\n"));
        sink.flush();
        let all: Vec<u8> = written.try_iter().flatten().collect();
        assert_eq!(all, b"one\ntwo\n");
    }

    /// Takes nothing until the other end of the channel is gone, as a pipe whose reader has stopped.
    struct Stalled(mpsc::Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_stopped_does_not_keep_the_program_from_ending() {
        let (_reader, stopped) = mpsc::channel();
        let sink = Sink::start(Stalled(stopped)).unwrap();
        sink.append(|lines| lines.extend_from_slice(b"one\n"));
        sink.flush();
    }
}
