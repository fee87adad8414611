//! All that runs, and what is done to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::database::Pair;
use crate::load::Load;
use crate::nodes::{Balancer, MAX_STALENESS, Node, Shared, free_ports};
use crate::proxy::Mode;
use crate::wait;

/// By then everything must be well again after a fault is over.
const RECOVERY: Duration = Duration::from_secs(20);

pub struct Cluster {
    // In the order in which they are ended.
    _balancer: Balancer,
    nodes: Vec<Node>,
    pub database: Pair,
    pub shared: Shared,
    pub load: Arc<Load>,
}

/// A fault, or a time without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    NodeKilled,
    ConnectionsEnded,
    ConnectionsCut,
    NetworkSlow,
    NodeCutOff,
    StoreSlow,
    StoreFull,
    StandbyAway,
    MachineLost,
    PrimaryKilled,
}

impl Fault {
    pub const ALL: [Self; 11] = [
        Self::None,
        Self::NodeKilled,
        Self::ConnectionsEnded,
        Self::ConnectionsCut,
        Self::NetworkSlow,
        Self::NodeCutOff,
        Self::StoreSlow,
        Self::StoreFull,
        Self::StandbyAway,
        // The one that is lost stands first in the address.
        Self::MachineLost,
        Self::PrimaryKilled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no fault",
            Self::NodeKilled => "a node killed, and started again",
            Self::ConnectionsEnded => "all sessions ended by the database",
            Self::ConnectionsCut => "all connections cut for a second",
            Self::NetworkSlow => "100 ms each way for one node",
            Self::NodeCutOff => "one node cut off without a word",
            Self::StoreSlow => "tokens locked for 4 s, pools exhausted",
            Self::StoreFull => "no room for more tokens for 3 s",
            Self::StandbyAway => "the synchronous standby away for 6 s",
            Self::PrimaryKilled => "the primary killed, the standby promoted",
            Self::MachineLost => "the primary silent, the standby promoted",
        }
    }
}

/// What was done when, counted from the start of the load.
#[derive(Debug, Clone)]
pub struct Phase {
    pub fault: Fault,
    pub began: Duration,
    /// When the fault was over.
    pub healed: Duration,
    /// When every node was ready and served again, and the balancer too.
    pub well: Result<Duration, &'static str>,
    pub ended: Duration,
    pub cut_off: Option<CutOff>,
    /// Nodes that did not say at `/readyz` that nothing could be stored, although it was so.
    pub untold: usize,
}

/// A node that could not reach the database.
#[derive(Debug, Clone, Copy)]
pub struct CutOff {
    pub node: usize,
    pub from: Duration,
    pub until: Duration,
    /// Whether it said so at `/readyz`.
    pub told: bool,
}

impl Cluster {
    pub async fn start(zonemint: &Path, folder: &Path) -> Self {
        let [primary, standby, first, second, third] = free_ports();
        let database = Pair::start([primary, standby]).await;
        let shared = Shared::new(zonemint, folder);
        let mut nodes = Vec::new();
        for (number, port) in (1..).zip([first, second, third]) {
            let mut node = Node::new(number, port, [primary, standby]).await;
            // One after the other: the first one makes the certificate.
            node.start(&shared);
            nodes.push(node);
        }
        let balancer = Balancer::start(&shared, &nodes);
        let ports = nodes.iter().map(|node| node.port).collect();
        let load = Arc::new(Load::new(&shared.certificate, balancer.port, ports));
        let cluster = Self { _balancer: balancer, nodes, database, shared, load };
        cluster.well().await.expect("everything starts");
        cluster
    }

    /// The names of the nodes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.name.as_str())
    }

    /// What the program says about the audit rows of all nodes.
    pub fn verify_audit(&self) -> Result<(), String> {
        self.shared.verify_audit(&self.database.url())
    }

    /// Brings a fault about, ends it, waits until all is well, and lets the load go on for a while.
    pub async fn suffer(&mut self, fault: Fault, steady: Duration) -> Phase {
        if fault == Fault::PrimaryKilled {
            // The one before has left none, and the way to where the new one is silent.
            self.database.add_standby().await;
            let standby = 1 - self.database.primary;
            self.nodes.iter().for_each(|node| node.set_way(standby, Mode::Open));
        }
        let began = self.load.now();
        let (mut cut_off, mut untold) = (None, 0);
        match fault {
            Fault::None => wait::pass(steady).await,
            Fault::NodeKilled => self.kill_a_node().await,
            Fault::ConnectionsEnded => self.end_sessions().await,
            Fault::ConnectionsCut => self.cut_connections().await,
            Fault::NetworkSlow => self.slow_network().await,
            Fault::NodeCutOff => cut_off = Some(self.cut_off_a_node().await),
            Fault::StoreSlow => self.lock_tokens(),
            Fault::StoreFull => self.fill_store_up().await,
            Fault::StandbyAway => untold = self.take_standby_away().await,
            Fault::PrimaryKilled => self.fail_over().await,
            Fault::MachineLost => self.lose_primary().await,
        }
        let healed = self.load.now();
        let well = self.well().await.map(|()| self.load.now());
        wait::pass(steady).await;
        Phase { fault, began, healed, well, ended: self.load.now(), cut_off, untold }
    }

    async fn kill_a_node(&mut self) {
        self.nodes[2].kill();
        // Long enough for the balancer to notice.
        wait::pass(Duration::from_millis(2_500)).await;
        self.nodes[2].start(&self.shared);
    }

    async fn end_sessions(&self) {
        for _ in 0..5 {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'zonemint %'";
            self.database.sql(sql).unwrap();
            wait::pass(Duration::from_millis(300)).await;
        }
    }

    async fn cut_connections(&self) {
        self.nodes.iter().for_each(|node| node.set_ways(Mode::Cut));
        wait::pass(Duration::from_secs(1)).await;
        self.nodes.iter().for_each(|node| node.set_ways(Mode::Open));
    }

    async fn slow_network(&self) {
        self.nodes[0].set_ways(Mode::Slow(Duration::from_millis(100)));
        wait::pass(Duration::from_secs(4)).await;
        self.nodes[0].set_ways(Mode::Open);
    }

    async fn cut_off_a_node(&self) -> CutOff {
        let node = 1;
        self.nodes[node].set_ways(Mode::Silent);
        let from = self.load.now();
        let told = wait::until(RECOVERY, async || self.load.is_ready(node).await == Some(false)).await.is_ok();
        // Whoever comes now must be refused, and as much again.
        wait::pass(2 * MAX_STALENESS).await;
        let until = self.load.now();
        self.nodes[node].set_ways(Mode::Open);
        CutOff { node, from, until, told }
    }

    fn lock_tokens(&self) {
        self.database.sql("BEGIN; LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT").unwrap();
    }

    async fn fill_store_up(&self) {
        self.database.fill_up();
        wait::pass(Duration::from_secs(3)).await;
        self.database.make_room();
    }

    /// Commits wait for it. Comes back with the number of nodes that did not tell.
    async fn take_standby_away(&self) -> usize {
        self.database.stop_standby();
        let mut untold = 0;
        let began = self.load.now();
        for node in 0..self.nodes.len() {
            let tells =
                async || self.load.detail(node).await.is_some_and(|detail| detail.contains("nothing could be stored"));
            untold += usize::from(wait::until(RECOVERY, tells).await.is_err());
        }
        wait::pass(Duration::from_secs(6).saturating_sub(self.load.now().saturating_sub(began))).await;
        self.database.start_standby();
        untold
    }

    async fn fail_over(&mut self) {
        self.database.kill_primary();
        // What watches over a primary needs some time to be sure that it is gone.
        wait::pass(Duration::from_secs(1)).await;
        self.database.promote();
    }

    /// As when a machine is without power: connections do not end, new ones are not refused.
    async fn lose_primary(&mut self) {
        let lost = self.database.primary;
        self.nodes.iter().for_each(|node| node.set_way(lost, Mode::Silent));
        self.fail_over().await;
    }

    /// Kills the primary and promotes a standby that has not heard of the last transactions.
    pub fn fail_over_with_losses(&mut self) {
        self.database.cut_standby_off();
        self.database.kill_primary();
        self.database.promote();
    }

    /// Waits until every node is ready, and mints and verifies, and the balancer does.
    pub async fn well(&self) -> Result<(), &'static str> {
        let load = &self.load;
        let all = async || {
            for node in 0..self.nodes.len() {
                if load.is_ready(node).await != Some(true) {
                    return false;
                }
            }
            for via in load.ways() {
                if !load.serves(via).await {
                    return false;
                }
            }
            true
        };
        wait::until(RECOVERY, all).await.map(drop)
    }
}
