//! Follows the change feed, so that what was remembered of an earlier state is dropped, whichever process changed it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{
    AuditEntry, Break, BreakReason, FeedPage, LostWrites, PAGE_SIZE, Position, Source, Store, StoreError, Topic,
};
use zonemint_base::clock::{Clock, rfc3339, ticks};
use zonemint_base::model::Period;
use zonemint_telemetry::{Exposition, Tally, Task, error_chain, real, task};

/// How often, and how many times, it is tried to write an audit row.
const PACE: Duration = Duration::from_secs(1);
const TRIES: u32 = 60;

/// Why what was remembered could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum CannotFollow {
    /// The feed could not be read.
    #[error("the change feed cannot be read")]
    Store(#[from] StoreError),
    /// What is kept ready of the store could not be read again.
    #[error("a change cannot be taken over")]
    Reload(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Who remembers something.
#[async_trait]
pub trait Forget: Send + Sync {
    /// Drops what is remembered of a topic, other than of [`Topic::Keys`].
    fn forget(&self, topic: Topic);
    /// Reads again what is kept ready of the store: the keyring, and how user names are compared.
    ///
    /// # Errors
    /// [`CannotFollow`] when it cannot be read or opened; it is tried again with the next look at the feed.
    async fn reload(&self) -> Result<(), CannotFollow>;
}

/// Whether what is remembered may still be believed.
#[derive(Debug, Clone)]
pub struct Freshness {
    followed_ms: Arc<AtomicU64>,
    changes: Arc<AtomicU64>,
    breaks: Arc<Breaks>,
    max_staleness: Period,
    clock: Clock,
}

impl Freshness {
    /// Starts fresh. `max_staleness` is how long memory is believed without news of the feed.
    #[must_use]
    pub fn new(max_staleness: Period, clock: Clock) -> Self {
        let followed_ms = Arc::new(AtomicU64::new(clock.uptime_ms()));
        Self { followed_ms, changes: Arc::default(), breaks: Arc::default(), max_staleness, clock }
    }

    /// False when the feed could not be followed for too long: then only the store may be believed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lag_ms() <= self.max_staleness.ms()
    }

    /// Milliseconds since a look at the feed began that found its end.
    fn lag_ms(&self) -> u64 {
        self.clock.uptime_ms().saturating_sub(self.followed_ms.load(Ordering::Relaxed))
    }

    /// Adds the metrics of how far this process is behind the feed.
    pub fn measure(&self, into: &mut Exposition) {
        let seconds = |ms: u64| real(ms) / 1_000.0;
        into.gauge(
            "zonemint_feed_lag_seconds",
            "Time since the start of the last read that reached the end of the change feed",
            seconds(self.lag_ms()),
        );
        into.gauge(
            "zonemint_feed_lag_limit_seconds",
            "Beyond this lag the cache is not used: token.max_staleness",
            seconds(self.max_staleness.ms()),
        );
        let changes = self.changes.load(Ordering::Relaxed);
        into.counter("zonemint_feed_changes", "Changes read from the feed, its own included", changes);
        into.tally(
            "zonemint_feed_forgotten",
            "How often the whole cache was dropped, because the feed differed from what had been read",
            "reason",
            &self.breaks.counts,
        );
        let lost = self.breaks.lost_rows.load(Ordering::Relaxed);
        into.counter("zonemint_store_lost_rows", "Acknowledged audit rows of this node that the store has lost", lost);
    }

    /// Whether the store was found to have lost something since the start, or may have, and when last. This text is for everybody; the
    /// log and the audit trail have the details.
    #[must_use]
    pub fn losses(&self) -> Option<String> {
        let (at_s, is_certain) = (*self.breaks.last_loss.lock().unwrap_or_else(PoisonError::into_inner))?;
        let what = if is_certain { "has lost writes" } else { "is on another server, and may have lost writes" };
        Some(format!("{}: the store {what}", rfc3339(at_s)))
    }

    /// Notes why everything was forgotten.
    fn note_break(&self, why: &Break) {
        self.breaks.counts.count(why.reason());
        match why {
            Break::PutBack { .. } => self.note_loss(true),
            Break::OtherServer { .. } => self.note_loss(false),
            Break::Missed { .. } | Break::Unhashed | Break::Reconnected => {}
        }
    }

    fn note_lost(&self, lost: LostWrites) {
        let rows = lost.audit.map_or(0, |(first, last)| last - first + 1);
        self.breaks.lost_rows.fetch_add(rows, Ordering::Relaxed);
        self.note_loss(true);
    }

    /// What is certain is not replaced by what may be.
    fn note_loss(&self, is_certain: bool) {
        let mut last = self.breaks.last_loss.lock().unwrap_or_else(PoisonError::into_inner);
        if is_certain || last.is_none_or(|(_, was_certain)| !was_certain) {
            *last = Some((self.clock.now_s(), is_certain));
        }
    }

    fn renew(&self, at_uptime_ms: u64) {
        self.followed_ms.store(at_uptime_ms, Ordering::Relaxed);
    }
}

/// How often, and why, everything was forgotten.
#[derive(Debug, Default)]
struct Breaks {
    counts: Tally<BreakReason>,
    lost_rows: AtomicU64,
    /// When, in seconds since the Unix epoch, and whether it is certain.
    last_loss: Mutex<Option<(u64, bool)>>,
}

/// Reads the feed from where it is now.
pub struct Follower {
    store: Arc<dyn Store>,
    freshness: Freshness,
    clock: Clock,
    memory: Arc<dyn Forget>,
    position: Position,
    source: Source,
    must_reload: bool,
    /// A page is being taken: after a panic in that, what it changed may still be remembered.
    is_torn: bool,
}

impl Follower {
    /// Notes where the feed is. Nothing may be remembered before this.
    ///
    /// # Errors
    /// [`StoreError`] when the feed cannot be read.
    pub async fn at_end(
        store: Arc<dyn Store>,
        freshness: Freshness,
        clock: Clock,
        memory: Arc<dyn Forget>,
    ) -> Result<Self, StoreError> {
        let FeedPage { ends: position, source, .. } = store.read_feed(&Position::default(), 0).await?;
        // Between its being read and this moment it may have been changed.
        Ok(Self { store, freshness, clock, memory, position, source, must_reload: true, is_torn: false })
    }

    /// Reads the feed every `interval`, and at once when the store hints at news. Never returns.
    pub async fn follow(&mut self, interval: Period) {
        let mut looks = ticks(interval.duration());
        let mut failing = false;
        loop {
            let store = Arc::clone(&self.store);
            tokio::select! {
                _ = looks.tick() => {}
                () = store.wait_for_change_hint() => {}
            }
            let outcome = self.catch_up().await;
            if let Some(clock) = self.store.database_clock() {
                clock.tell();
            }
            match &outcome {
                Ok(()) if failing => tracing::info!("the change feed is followed again"),
                Err(error) if !failing => {
                    tracing::error!(error = %error_chain(error), "the change feed cannot be followed");
                }
                Ok(()) | Err(_) => {}
            }
            failing = outcome.is_err();
        }
    }

    /// Reads all that is new. When what was read before is not in the feed any more, everything is forgotten, and the feed is
    /// followed from its end.
    ///
    /// # Errors
    /// [`CannotFollow`] when the feed or the keyring cannot be read; the next call goes on from where this one came to.
    pub async fn catch_up(&mut self) -> Result<(), CannotFollow> {
        loop {
            let asked_ms = self.clock.uptime_ms();
            let page = self.store.read_feed(&self.position, PAGE_SIZE).await?;
            self.freshness.changes.fetch_add(page.changes.len() as u64, Ordering::Relaxed);
            for lost in &page.lost {
                tracing::warn!(lost = %lost, "the store has lost acknowledged writes of this node");
                self.freshness.note_lost(*lost);
            }
            let is_end = self.digest(page);
            if is_end {
                if self.must_reload {
                    self.memory.reload().await?;
                    self.must_reload = false;
                }
                self.freshness.renew(asked_ms);
                return Ok(());
            }
        }
    }

    /// Forgets what has changed, and gives whether that was the end of the feed.
    fn digest(&mut self, page: FeedPage) -> bool {
        if std::mem::replace(&mut self.is_torn, true) {
            self.must_reload = true;
            self.memory.forget(Topic::Everything);
        }
        let is_all = page.changes.len() < PAGE_SIZE;
        let is_end = match self.take(&page) {
            Ok(()) => is_all,
            Err(why) => {
                self.start_over(page, &why);
                true
            }
        };
        self.is_torn = false;
        is_end
    }

    /// Forgets what has changed. Of several reasons to forget everything, the error is the gravest.
    fn take(&mut self, page: &FeedPage) -> Result<(), Break> {
        let other = match (&self.source.server, &page.source.server) {
            (Some(was), Some(is)) if was != is => Some(Break::OtherServer { was: was.clone(), is: is.clone() }),
            _ => None,
        };
        let is_new = self.source.connection != page.source.connection;
        let followed = self.follow_changes(page);
        match (followed, other) {
            (Err(put_back @ Break::PutBack { .. }), _) => Err(put_back),
            (_, Some(other)) => Err(other),
            (Ok(()), None) if is_new => Err(Break::Reconnected),
            (followed, None) => followed,
        }
    }

    fn follow_changes(&mut self, page: &FeedPage) -> Result<(), Break> {
        self.position.compare(&page.ends)?;
        for change in &page.changes {
            self.position.see(change)?;
            match change.topic {
                Topic::Keys => self.must_reload = true,
                topic => {
                    self.must_reload |= topic == Topic::Names;
                    self.memory.forget(topic);
                }
            }
        }
        Ok(())
    }

    /// Forgets everything, and goes on from where the feed ended when it was looked at.
    fn start_over(&mut self, page: FeedPage, why: &Break) {
        self.must_reload = true;
        // First: after a panic in it the same is found again.
        self.memory.forget(Topic::Everything);
        self.position = page.ends;
        self.source = Source { server: page.source.server.or(self.source.server.take()), ..page.source };
        self.freshness.note_break(why);
        let Some(note) = why.note() else {
            tracing::info!(why = %why, "the cache of the store was dropped");
            return;
        };
        tracing::warn!(why = %why, note, "the store may have lost writes; its cache was dropped");
        let recording = record(Arc::clone(&self.store), AuditEntry::noticed(note), self.clock.now_ms());
        task::once(Task::AuditRecord, recording);
    }
}

/// Writes an audit row as soon as that is possible. The follower does not wait for it.
async fn record(store: Arc<dyn Store>, entry: AuditEntry, at_ms: u64) {
    let mut pace = ticks(PACE);
    for _ in 0..TRIES {
        pace.tick().await;
        match store.append_audit(vec![entry.clone()], at_ms).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(error = %error_chain(&error), "cannot write to the audit trail what the store has lost");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sqlite::{DataFolder, SqliteStore};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicBool;

    use super::super::{Actor, Chain, Change, Cursor};
    use super::*;
    use zonemint_base::model::UserId;
    use zonemint_base::random::Random;

    /// Counts how often everything is forgotten.
    #[derive(Default)]
    struct Counted(AtomicU64);

    #[async_trait]
    impl Forget for Counted {
        fn forget(&self, topic: Topic) {
            self.0.fetch_add(u64::from(topic == Topic::Everything), Ordering::Relaxed);
        }

        async fn reload(&self) -> Result<(), CannotFollow> {
            Ok(())
        }
    }

    /// Panics when it has to forget for the first time.
    #[derive(Default)]
    struct Panics {
        has_panicked: AtomicBool,
        everything: AtomicU64,
    }

    #[async_trait]
    impl Forget for Panics {
        fn forget(&self, topic: Topic) {
            assert!(self.has_panicked.swap(true, Ordering::Relaxed), "the first time");
            self.everything.fetch_add(u64::from(topic == Topic::Everything), Ordering::Relaxed);
        }

        async fn reload(&self) -> Result<(), CannotFollow> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn after_a_panic_nothing_is_remembered_that_a_change_may_have_concerned() {
        let folder = tempfile::tempdir().unwrap();
        let database = DataFolder::create(folder.path()).unwrap().database();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&database, Clock::system()).unwrap());
        for is_reconnected in [false, true] {
            let (clock, memory) = (Clock::manual(5_000), Arc::new(Panics::default()));
            let freshness = Freshness::new(Period::from_ms(1_000), clock.clone());
            let forget: Arc<dyn Forget> = Arc::<Panics>::clone(&memory);
            let mut follower = Follower::at_end(Arc::clone(&store), freshness, clock, forget).await.unwrap();
            (follower.position, follower.must_reload) = (Position::default(), false);
            let topic = Topic::User(UserId::new(&Random::system()));
            let change = Change::following(Chain::parse("node").unwrap(), Cursor::default(), topic, 1);
            let page = |changes: &[Change]| {
                let mut ends = Position::default();
                ends.set(change.chain.clone(), change.cursor());
                let connection = follower.source.connection + u64::from(is_reconnected);
                FeedPage {
                    ends,
                    changes: changes.to_vec(),
                    source: Source { connection, server: None },
                    lost: Vec::new(),
                }
            };
            let (with_it, after_it) = (page(std::slice::from_ref(&change)), page(&[]));
            assert!(catch_unwind(AssertUnwindSafe(|| follower.digest(with_it))).is_err());
            follower.digest(after_it);
            assert!(memory.everything.load(Ordering::Relaxed) > 0, "it goes on as if nothing had happened");
            assert!(follower.must_reload && !follower.is_torn);
        }
    }

    /// A feed that ends at the change `seq` of a chain, and who tells so.
    fn page(seq: u64, connection: u64, server: Option<&str>) -> FeedPage {
        let mut end = Cursor::default();
        let chain = Chain::parse("node").unwrap();
        while end.seq < seq {
            end = Change::following(chain.clone(), end, Topic::Keys, 1).cursor();
        }
        let mut ends = Position::default();
        ends.set(chain, end);
        let source = Source { connection, server: server.map(str::to_owned) };
        FeedPage { ends, changes: Vec::new(), source, lost: Vec::new() }
    }

    #[tokio::test]
    async fn another_server_is_noticed_though_it_holds_the_same_changes() {
        let folder = tempfile::tempdir().unwrap();
        let database = DataFolder::create(folder.path()).unwrap().database();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&database, Clock::system()).unwrap());
        let (clock, memory) = (Clock::manual(5_000), Arc::new(Counted::default()));
        let freshness = Freshness::new(Period::from_ms(1_000), clock.clone());
        let forget: Arc<dyn Forget> = Arc::<Counted>::clone(&memory);
        let mut follower = Follower::at_end(Arc::clone(&store), freshness.clone(), clock, forget).await.unwrap();
        follower.start_over(page(2, 1, Some("7/1")), &Break::Unhashed);
        assert_eq!((memory.0.load(Ordering::Relaxed), freshness.losses()), (1, None));
        let other = |is: &str| Break::OtherServer { was: "7/1".to_owned(), is: is.to_owned() };
        let put_back = Break::PutBack { chain: Chain::parse("node").unwrap(), seq: 2 };
        for (page, expected) in [
            (page(2, 1, Some("7/1")), Ok(())),
            (page(2, 2, Some("7/2")), Err(other("7/2"))),
            (page(2, 2, Some("8/1")), Err(other("8/1"))),
            // Where it is not told, what may have been read on the connection before is still forgotten.
            (page(2, 2, None), Err(Break::Reconnected)),
            (page(1, 2, Some("7/2")), Err(put_back)),
        ] {
            assert_eq!(follower.take(&page), expected, "{page:?}");
        }
        follower.start_over(page(2, 2, None), &Break::Reconnected);
        assert_eq!(
            follower.take(&page(2, 3, Some("7/2"))),
            Err(other("7/2")),
            "it was not forgotten who answered before"
        );
        assert_eq!(freshness.losses(), None);
        follower.start_over(page(2, 3, Some("7/2")), &other("7/2"));
        assert_eq!(follower.take(&page(2, 3, Some("7/2"))), Ok(()));
        let told = freshness.losses().unwrap();
        assert_eq!(told, "1970-01-01T00:00:05Z: the store is on another server, and may have lost writes");
        assert_eq!(memory.0.load(Ordering::Relaxed), 3);

        let written = async {
            loop {
                let rows = store.audit_after(&Chain::embedded(), 0, 9).await.unwrap();
                if let Some(row) = rows.into_iter().next() {
                    return row;
                }
                tokio::task::yield_now().await;
            }
        };
        let row = tokio::time::timeout(Duration::from_secs(20), written).await.expect("it is recorded");
        assert_eq!(
            (row.noted(AuditEntry::NOTICED), row.noted("is"), row.actor),
            (Some("other_server"), Some("7/2"), None)
        );
        assert_eq!(row.action, AuditEntry::noticed(String::new()).action);
        assert_eq!(AuditEntry::noticed(String::new()).by, Actor::System);
    }
}
