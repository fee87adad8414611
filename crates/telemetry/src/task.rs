//! Background tasks and threads, all of which are started here: a panic in one is logged and counted, and then it starts again, or
//! the process ends. The message of a panic has no data of the task.
//!
//! Where the next thing goes: another task is a value of [`Task`].

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Exposition, Tally, label};
use zonemint_base::clock::ticks;

/// The least time between two starts of a task that panics.
const PACE: Duration = Duration::from_secs(1);

label! {
    /// What runs.
    pub enum Task {
        /// Answers authorities on the port of HTTP-01.
        AcmeAnswer = "acme_answer",
        /// Orders certificates.
        AcmeOrder = "acme_order",
        /// Writes an audit row about the store.
        AuditRecord = "audit_record",
        /// Reloads a changed certificate.
        Certificate = "certificate",
        /// Confirms the system's clock.
        Clock = "clock",
        /// Records the ends of the audit chains.
        Checkpoint = "checkpoint",
        /// Follows the change feed.
        Feed = "feed",
        /// Reloads changed geo databases.
        Geo = "geo",
        /// Measures the duration of imported password hashes, for refusals of the same duration.
        HashTimes = "hash_times",
        /// Polls a connection to a directory.
        LdapConnection = "ldap_connection",
        /// Reads metadata of an identity provider.
        IdentityProvider = "identity_provider",
        /// Writes log lines.
        Log = "log",
        /// Hashes passwords.
        PasswordHash = "password_hash",
        /// Deletes expired tokens and old rows.
        Purge = "purge",
        /// Writes refused logins to the audit trail.
        RefusedLogins = "refused_logins",
        /// Reads the rest of a request's body.
        RequestBody = "request_body",
        /// Accepts connections.
        Serve = "serve",
        /// Polls a connection to the database.
        StoreConnection = "store_connection",
        /// Reads from the store.
        StoreReader = "store_reader",
        /// Listens for hints of the database.
        StoreHints = "store_hints",
        /// Counts how long tokens live.
        TokenLives = "token_lives",
        /// Writes to the store.
        StoreWriter = "store_writer",
        /// Exports traces.
        Traces = "traces",
        /// Writes how often tokens are used.
        UseCounts = "use_counts",
        /// Writes when tokens were last used.
        Uses = "uses",
        /// Reports to a supervisor that the process is alive.
        Watchdog = "watchdog",
        /// Checks whether a mint would be stored.
        WriteProof = "write_proof",
    }
}

static PANICS: LazyLock<Tally<Task>> = LazyLock::new(Tally::default);
thread_local! {
    /// Where the last panic of this thread was.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}
/// The vital task that has ended.
static ENDED: LazyLock<watch::Sender<Option<Task>>> = LazyLock::new(|| watch::Sender::new(None));

/// Starts a task; when it panics, `make` starts it again.
pub fn keep<F>(task: Task, mut make: impl FnMut() -> F + Send + 'static) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    keep_boxed(task, Box::new(move || make().boxed()))
}

/// Starts a task that ends by itself. A panic only affects the caller, who gets an error from the handle.
pub fn once<T: Send + 'static>(task: Task, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    spawn_boxed(work.boxed(), move |panic| note(task, panic, "its work is lost"))
}

/// Runs `work` on a thread that may block. A panic is an error of the handle.
pub fn blocking<T: Send + 'static>(task: Task, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    block_boxed(task, Box::new(work))
}

/// Starts a vital task: a panic ends the process.
pub fn vital<T: Send + 'static>(task: Task, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    spawn_boxed(work.boxed(), move |panic| end(task, panic))
}

// What is started is boxed, so that the runtime's code for a task is compiled once for each output, not once for each task.

fn keep_boxed(task: Task, mut make: Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut pace = ticks(PACE);
        loop {
            pace.tick().await;
            // State that a panic left incomplete is either created again by `make`, or read again.
            match AssertUnwindSafe(async { make().await }).catch_unwind().await {
                Ok(()) => return,
                Err(panic) => note(task, &*panic, "it starts again"),
            }
        }
    })
}

fn spawn_boxed<T: Send + 'static>(
    work: BoxFuture<'static, T>,
    tell: impl FnOnce(&(dyn Any + Send)) + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(async move {
        AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| {
            tell(&*panic);
            resume_told()
        })
    })
}

fn block_boxed<T: Send + 'static>(task: Task, work: Box<dyn FnOnce() -> T + Send>) -> JoinHandle<T> {
    tokio::task::spawn_blocking(move || {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            note(task, &*panic, "its work is lost");
            resume_told()
        })
    })
}

/// Starts a thread that starts its work again when it panics.
///
/// # Errors
/// An error of the operating system when no thread can be started.
pub fn keep_thread(task: Task, name: String, mut work: impl FnMut() + Send + 'static) -> io::Result<()> {
    let run = move || {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(&mut work)) {
            note(task, &*panic, "it starts again");
            thread::park_timeout(PACE);
        }
    };
    thread::Builder::new().name(name).spawn(run).map(drop)
}

/// Starts a vital thread: a panic ends the process.
///
/// # Errors
/// An error of the operating system when no thread can be started.
pub fn vital_thread(
    task: Task,
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<thread::JoinHandle<()>> {
    let run = move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            end(task, &*panic);
            resume_told();
        }
    };
    thread::Builder::new().name(name).spawn(run)
}

/// Waits until a vital task has ended.
pub async fn ended() -> Task {
    let mut ended = ENDED.subscribe();
    loop {
        if let Some(task) = *ended.borrow_and_update() {
            return task;
        }
        // The sender is a static, so it is always there.
        let _ = ended.changed().await;
    }
}

/// Reports the number of panics.
pub fn measure(into: &mut Exposition) {
    into.tally("zonemint_task_panics", "Panics of background tasks", "task", &PANICS);
}

fn end(task: Task, panic: &(dyn Any + Send)) {
    note(task, panic, "the process ends");
    ENDED.send_replace(Some(task));
}

fn note(task: Task, panic: &(dyn Any + Send), consequence: &'static str) {
    use super::Label as _;
    PANICS.count(task);
    let at = PLACE.take();
    tracing::error!(task = task.value(), panic = constant(panic), at, consequence, "a task panicked");
}

/// Resumes a panic that was logged. The caller may log its error, too, which does not show the text.
fn resume_told() -> ! {
    resume_unwind(Box::new("it is told above"))
}

/// The text of a panic, if it is a constant of the code. A formatted text can contain data of the task, such as a part of a password.
fn constant(panic: &dyn Any) -> &'static str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("with a text that is not shown, because it may hold secrets")
}

/// Reports each panic of this process on standard error with its place, and with its text only if that is a constant of the code.
pub fn hide_values_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = thread::current();
        // Shows only places, and only if `RUST_BACKTRACE` is set.
        let trace = Backtrace::capture();
        let text = constant(panic.payload());
        let trace = if trace.status() == BacktraceStatus::Captured { format!("\n{trace}") } else { String::new() };
        // If it cannot be written, it is lost.
        let _ = writeln!(
            io::stderr(),
            "the thread {} panicked at {place}: {text}{trace}",
            thread.name().unwrap_or("without a name")
        );
        PLACE.set(Some(place));
    }));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_counted_and_starts_again() {
        let before = PANICS.of(Task::Geo);
        let starts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&starts);
        let task = keep(Task::Geo, move || {
            let start = counted.fetch_add(1, Ordering::Relaxed);
            async move { assert!(start > 0, "the first start") }
        });
        task.await.unwrap();
        assert_eq!((starts.load(Ordering::Relaxed), PANICS.of(Task::Geo) - before), (2, 1));
    }

    #[tokio::test]
    async fn a_panic_before_the_first_wait_is_no_different() {
        let before = PANICS.of(Task::Purge);
        let mut starts = 0;
        let task = keep(Task::Purge, move || {
            starts += 1;
            assert!(starts > 1, "the first start");
            std::future::ready(())
        });
        task.await.unwrap();
        assert_eq!(PANICS.of(Task::Purge) - before, 1);
    }

    #[tokio::test]
    async fn who_waits_for_work_that_panics_is_told() {
        let before = PANICS.of(Task::RequestBody);
        let task = once(Task::RequestBody, async { assert!(std::hint::black_box(false), "it breaks") });
        let error = task.await.unwrap_err();
        assert!(error.is_panic() && !error.to_string().contains("it breaks"), "{error}");
        assert_eq!(PANICS.of(Task::RequestBody) - before, 1);
        assert_eq!(once(Task::RequestBody, async { 7 }).await.unwrap(), 7);
        let before = PANICS.of(Task::StoreReader);
        let read = blocking(Task::StoreReader, || assert!(std::hint::black_box(false), "it breaks"));
        assert!(read.await.unwrap_err().is_panic());
        assert_eq!(PANICS.of(Task::StoreReader) - before, 1);
        assert_eq!(blocking(Task::StoreReader, || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_of_what_is_vital_ends_the_process() {
        let task = vital(Task::Serve, async { assert!(std::hint::black_box(false), "it breaks") });
        assert!(task.await.unwrap_err().is_panic());
        assert_eq!(ended().await, Task::Serve);
        let thread = vital_thread(Task::StoreWriter, "writer".to_owned(), || {
            assert!(std::hint::black_box(false), "it breaks");
        });
        assert!(thread.unwrap().join().is_err());
        assert_eq!(ended().await, Task::StoreWriter);
    }

    #[test]
    fn a_thread_that_panics_starts_again() {
        let before = PANICS.of(Task::PasswordHash);
        let (sender, receiver) = mpsc::channel();
        let mut starts = 0;
        keep_thread(Task::PasswordHash, "hash".to_owned(), move || {
            starts += 1;
            assert!(starts > 2, "the first starts");
            sender.send(starts).unwrap();
        })
        .unwrap();
        assert!(receiver.recv_timeout(PACE).is_err(), "two starts need more than the pace");
        assert_eq!((receiver.recv().unwrap(), PANICS.of(Task::PasswordHash) - before), (3, 2));
    }

    #[test]
    fn what_is_told_of_a_panic_holds_nothing_of_what_was_worked_on() {
        const CHILD: &str = "ZONEMINT_TEST_PANIC";
        const NAME: &str = "task::tests::what_is_told_of_a_panic_holds_nothing_of_what_was_worked_on";
        let secret = std::hint::black_box("correct-hörse");
        #[expect(clippy::disallowed_methods, reason = "a hook is for a whole process, so this test has one of its own")]
        if std::env::var_os(CHILD).is_some() {
            hide_values_of_panics();
            let cut = catch_unwind(|| secret.split_at(10).0.len()).unwrap_err();
            assert!(PLACE.take().is_some_and(|place| place.contains(".rs:")));
            assert!(constant(&*cut).contains("is not shown"));
            let said = catch_unwind(|| panic!("it breaks")).unwrap_err();
            assert_eq!(constant(&*said), "it breaks");
            return;
        }
        let program = std::env::current_exe().unwrap();
        let child = std::process::Command::new(program).args(["--exact", NAME, "--nocapture"]).env(CHILD, "1").output();
        let child = child.unwrap();
        let told = String::from_utf8(child.stderr).unwrap();
        assert!(child.status.success(), "{told}");
        assert!(told.contains("task.rs:") && told.contains(": it breaks") && told.contains("is not shown"), "{told}");
        assert!(!told.contains("rse"), "{told}");
    }

    #[test]
    fn panics_are_told_by_task() {
        let mut exposition = Exposition::default();
        measure(&mut exposition);
        let text = exposition.write(crate::Form::Text).unwrap();
        assert!(text.contains("zonemint_task_panics_total{task=\"feed\"} 0\n"), "{text}");
    }
}
