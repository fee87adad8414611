//! Reading the trail backwards: the newest rows of all chains by their time, page by page.
//!
//! Each chain is read from its end by numbers, so that a page costs a read or two of a few rows for each chain and none of
//! what lies behind. No index of times is needed, which would cost something at each mint.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::trail::{Entry, first_at, last_rows};
use zonemint_base::model::{Network, RequestId, TokenId, UserId, UserName};
use zonemint_store::{AuditAction, AuditRow, Chain, Head, Store, StoreError};

/// Most rows that are inspected for one page; then the page is returned even if it is not full.
const LOOKED_AT: usize = 2_000;
/// Bytes of a chain's part of a cursor: of the hash of its name, and the number of a row.
const TAG: usize = 6;
const SEQ: usize = 6;
/// Bytes that a padded cursor has a multiple of.
const PADDED: usize = 16 * (TAG + SEQ);

/// Rows of a chain are in the order of their times, but for steps of clocks. Rows this many milliseconds before and after a wanted
/// time are inspected, too. A longer time would cause pages without rows on a server that mints many tokens.
const DISORDER_MS: u64 = 60_000;

/// Which rows. All that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of what this user did, or what was done to it.
    pub user: Option<UserId>,
    /// Of the account of this user name, and those whose note names it.
    pub name: Option<Called>,
    /// About this token.
    pub token: Option<TokenId>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// Of a request that came from this network, or from one that holds it.
    pub network: Option<Network>,
    /// Of this request.
    pub request: Option<RequestId>,
    /// From this moment on, in milliseconds since the Unix epoch.
    pub from_ms: Option<u64>,
    /// Before this moment, in milliseconds since the Unix epoch.
    pub until_ms: Option<u64>,
}

/// A user name, and the account that has it now, if there is one.
#[derive(Debug, Clone)]
pub struct Called {
    /// The name.
    pub name: UserName,
    /// The account.
    pub account: Option<UserId>,
}

impl Wanted {
    /// Whether all rows of its time are wanted.
    fn is_all(&self) -> bool {
        let Self { user, name, token, action, network, request, from_ms: _, until_ms: _ } = self;
        let by_account = user.is_none() && name.is_none();
        by_account && token.is_none() && action.is_none() && network.is_none() && request.is_none()
    }

    fn holds(&self, row: &AuditRow) -> bool {
        let is_of = |id: UserId| [row.actor, row.user].contains(&Some(id));
        self.user.is_none_or(is_of)
            && self.name.as_ref().is_none_or(|called| called.account.is_some_and(is_of) || row.names(&called.name))
            && self.token.is_none_or(|token| row.token == Some(token))
            && self.action.is_none_or(|action| row.action == action)
            && self.network.is_none_or(|network| row.is_of_network(&network))
            && self.request.is_none_or(|request| row.is_of_request(request))
            && self.from_ms.is_none_or(|from_ms| row.at_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| row.at_ms < until_ms)
    }

    /// Whether all rows before this one in its chain are too old.
    fn ends_before(&self, row: &AuditRow) -> bool {
        self.from_ms.is_some_and(|from_ms| row.at_ms.saturating_add(DISORDER_MS) < from_ms)
    }
}

/// Rows of all chains, the newest first. Where clocks of nodes differ, so does the order; the rows of each chain are in their
/// own.
#[derive(Debug)]
pub struct Newest {
    /// Each with the hash that it follows, where that is known.
    pub rows: Vec<(AuditRow, Option<[u8; 32]>)>,
    /// Rows that cannot be read, and were left out.
    pub unreadable: u64,
    /// Where older rows are; none when there are none.
    pub next: Option<Place>,
}

/// How far the chains were read: rows that come later are not in the pages that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(BTreeMap<[u8; TAG], u64>);

impl Place {
    /// For each chain of which rows are left, the beginning of the hash of its name and the number of its next row: so that its
    /// length hardly depends on names. 500 chains are 8,000 characters.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// Takes back what [`Place::text`] gave.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// What [`Place::text`] encodes.
    fn bytes(&self) -> Vec<u8> {
        let of_chain = |(tag, seq): (&[u8; TAG], &u64)| [&tag[..], &seq.to_be_bytes()[8 - SEQ..]].concat();
        self.0.iter().flat_map(of_chain).collect()
    }

    /// The same, to be sealed: as long for one chain as for 16, and for 17 as for 32, so that the length does not reveal in how many
    /// chains rows are left.
    #[must_use]
    pub fn padded(&self) -> Vec<u8> {
        let mut bytes = self.bytes();
        bytes.resize(bytes.len().next_multiple_of(PADDED), 0);
        bytes
    }

    /// Takes back what [`Place::padded`] gave.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut chains = BTreeMap::new();
        for part in bytes.chunks(TAG + SEQ) {
            let (tag, number) = part.split_first_chunk::<TAG>()?;
            let number: [u8; SEQ] = number.try_into().ok()?;
            let seq = number.iter().fold(0, |seq, byte| seq << 8 | u64::from(*byte));
            // No row has the number 0.
            if seq > 0 {
                chains.insert(*tag, seq);
            }
        }
        Some(Self(chains))
    }
}

fn tag(chain: &Chain) -> [u8; TAG] {
    let hash: [u8; 32] = Sha256::digest(chain.as_str()).into();
    std::array::from_fn(|at| hash[at])
}

/// The audit trail, read page by page.
pub struct AuditTrail {
    store: Arc<dyn Store>,
}

impl AuditTrail {
    /// Of all nodes that use the store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// A user name, with the account that has it now.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn called(&self, name: UserName) -> Result<Called, StoreError> {
        let account = self.store.user_by_name(&name).await?.map(|user| user.id);
        Ok(Called { name, account })
    }

    /// Reads at most `limit` of the rows that are wanted, from the ends of the chains on or from where another page ended.
    ///
    /// # Errors
    /// [`StoreError`] when the store fails.
    pub async fn newest(&self, wanted: &Wanted, from: Option<&Place>, limit: usize) -> Result<Newest, StoreError> {
        let store = &self.store;
        let mut strands = Vec::new();
        for head in store.heads().await? {
            strands.extend(match from {
                Some(place) => Strand::from(head, place),
                None => Some(Strand::until(store, head, wanted.until_ms).await?),
            });
        }
        let aim = if wanted.is_all() { limit } else { LOOKED_AT };
        let step = (aim.div_ceil(strands.len().max(1)) + 1) as u64;
        let mut page = Newest { rows: Vec::new(), unreadable: 0, next: None };
        let mut looked_at = 0;
        while page.rows.len() < limit && looked_at < LOOKED_AT {
            for strand in &mut strands {
                strand.fill(store, step, wanted).await?;
            }
            let Some(strand) =
                strands.iter_mut().filter(|strand| !strand.rows.is_empty()).max_by_key(|strand| strand.at_ms())
            else {
                break;
            };
            looked_at += 1;
            match strand.take() {
                Some((Entry::Row(row), previous)) if wanted.holds(&row) => page.rows.push((row, previous)),
                Some((Entry::Unreadable(_), _)) => page.unreadable += 1,
                Some((Entry::Row(_), _)) | None => {}
            }
        }
        let left: BTreeMap<_, _> = strands.iter().filter_map(Strand::left).collect();
        page.next = Some(Place(left)).filter(|place| !place.0.is_empty());
        Ok(page)
    }
}

/// The part of a chain that is not read yet.
struct Strand {
    chain: Chain,
    /// The newest first; the rows behind them are those up to `below`.
    rows: VecDeque<Entry>,
    below: u64,
}

impl Strand {
    fn new(end: Head, below: u64) -> Self {
        Self { chain: end.chain, rows: VecDeque::new(), below: below.min(end.seq) }
    }

    /// From where another page ended; none if it came to the chain's beginning.
    fn from(end: Head, place: &Place) -> Option<Self> {
        let below = *place.0.get(&tag(&end.chain))?;
        Some(Self::new(end, below))
    }

    /// From the last row before a moment, or the chain's end.
    async fn until(store: &Arc<dyn Store>, end: Head, until_ms: Option<u64>) -> Result<Self, StoreError> {
        let below = match until_ms {
            Some(until_ms) => first_at(store, &end, until_ms.saturating_add(DISORDER_MS)).await?.saturating_sub(1),
            None => end.seq,
        };
        Ok(Self::new(end, below))
    }

    /// Has a row, and the one that it follows, if there are any.
    async fn fill(&mut self, store: &Arc<dyn Store>, step: u64, wanted: &Wanted) -> Result<(), StoreError> {
        while self.rows.len() < 2 && self.below > 0 {
            let end = Head { chain: self.chain.clone(), seq: self.below, hash: [0; 32] };
            let read = last_rows(store, &end, step).await?;
            if read.is_empty() {
                // They are archived, or were taken away.
                self.below = last_there(store, &end).await?.min(self.below.saturating_sub(step));
            } else {
                self.below = self.below.saturating_sub(step);
                self.rows.extend(read.into_iter().rev());
            }
        }
        if let Some(Entry::Row(row)) = self.rows.front()
            && wanted.ends_before(row)
        {
            self.rows.clear();
            self.below = 0;
        }
        Ok(())
    }

    /// When its next row was written; one that cannot be read comes at once.
    fn at_ms(&self) -> u64 {
        match self.rows.front() {
            Some(Entry::Row(row)) => row.at_ms,
            Some(Entry::Unreadable(_)) | None => u64::MAX,
        }
    }

    /// Its next row, and the hash which that one follows.
    fn take(&mut self) -> Option<(Entry, Option<[u8; 32]>)> {
        let entry = self.rows.pop_front()?;
        let previous = match (&entry, self.rows.front()) {
            (Entry::Row(row), _) if row.seq == 1 => Some(self.chain.genesis()),
            (Entry::Row(row), Some(Entry::Row(before))) if before.seq + 1 == row.seq => Some(before.hash),
            _ => None,
        };
        Some((entry, previous))
    }

    fn left(&self) -> Option<([u8; TAG], u64)> {
        let next = self.rows.front().map_or(self.below, Entry::seq);
        (next > 0).then(|| (tag(&self.chain), next))
    }
}

/// The number of the last row of a chain up to `end`; 0 for none. Reads as many rows as the number has binary digits.
async fn last_there(store: &Arc<dyn Store>, end: &Head) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, end.seq);
    while low < high {
        let middle = low + (high - low) / 2;
        match store.audit_after(&end.chain, middle, 1).await {
            Ok(rows) => match rows.first().filter(|row| row.seq <= high) {
                Some(row) => low = row.seq,
                None => high = middle,
            },
            Err(StoreError::Corrupt { .. }) => low = middle + 1,
            Err(error) => return Err(error),
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_text_and_nothing_else_is_one() {
        let chains = ["", "node-1"].map(|name| tag(&Chain::parse(name).unwrap()));
        let place = Place(BTreeMap::from([(chains[0], 1), (chains[1], (1 << 48) - 1)]));
        assert_eq!(Place::parse(&place.text()), Some(place.clone()));
        assert_eq!((Place::of_bytes(&place.padded()), place.padded().len()), (Some(place.clone()), 192));
        for text in ["AAAA", "not base64!", &place.text()[1..], &format!("{}A", place.text())] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
