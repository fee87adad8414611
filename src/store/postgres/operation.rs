//! What can be asked of the writer, as data, so that a batch whose transaction was lost can be run again.

use super::batch::Batch;
use super::callers::Lock;
use super::fault::Fault;
use super::mints::Mint;
use super::{addresses, descendants, effects, feed, keys, mints, names, tokens, transfer, upkeep, users, uses};
use crate::model::{KeyId, Parent, Token, TokenId, TokenUse, User, UserId, UserName};
use crate::store::{
    Actor, Added, AddressHash, AuditAction, AuditEntry, Caller, Chain, Changed, DayOfUses, Descendants, Doomed, Effect,
    FormerName, Inserted, Mark, Purged, Resealed, Rotated, Rows, SealedKey, SealedSecret, SeenAddress, StoreError,
    TokenChange, UserChange, Which,
};

/// Who does something, and when, in milliseconds since the Unix epoch.
pub(super) type Stamp = (Actor, u64);

/// One atomic unit; each is a method of [`crate::store::Store`].
pub(super) enum Operation {
    InsertToken { token: Token, stamp: Stamp },
    RecordTemporary { user: UserId, id: TokenId, generation: u64, stamp: Stamp },
    ImportTokens { tokens: Vec<Token>, stamp: Stamp },
    ChangeToken { owner: UserId, id: TokenId, change: TokenChange, stamp: Stamp },
    DeleteToken { owner: UserId, id: TokenId, stamp: Stamp },
    RotateToken { old: Rotated, new: Token, stamp: Stamp },
    DeleteNamedTokens { owner: UserId, limit: usize, stamp: Stamp },
    RevokeTokens { owner: UserId, which: Which, limit: usize, stamp: Stamp },
    RevokeDescendants { doomed: Doomed, at_ms: u64 },
    TouchTokens { used: Vec<TokenUse> },
    AddUses { chain: Chain, uses: Vec<DayOfUses> },
    PurgeUses { before_day: u32, limit: usize },
    NoteAddress { seen: SeenAddress, former: Vec<AddressHash>, oldest_ms: u64, most: usize },
    PurgeAddresses { before_ms: u64, limit: usize },
    InsertUser { user: User, stamp: Stamp },
    ImportUsers { users: Vec<User>, stamp: Stamp },
    ChangeUser { id: UserId, change: UserChange, stamp: Stamp },
    FoldNames { names: Vec<(UserId, UserName)>, former: Vec<FormerName> },
    IgnoreCase { stamp: Stamp },
    InsertFirstKey { key: SealedKey },
    AddKey { key: SealedKey, by: Actor },
    PutKeyLast { id: KeyId, stamp: Stamp },
    RetireKey { id: KeyId, stamp: Stamp },
    ResealKeys { keys: Vec<Resealed<SealedKey>>, stamp: Stamp },
    ResealSecrets { secrets: Vec<Resealed<SealedSecret>>, stamp: Stamp },
    PurgeChanges { before_ms: u64, limit: usize },
    PurgeTokens { ended_before_s: u64, after: Option<TokenId>, scan: usize, at_ms: u64 },
    AppendAudit { entries: Vec<AuditEntry>, at_ms: u64 },
    DeleteAudit { chain: Chain, seq: u64, limit: usize },
    Load { rows: Rows, mark: Mark },
    Apply { effects: Vec<Effect>, at_ms: u64, mark: Mark },
    SetMark { mark: Mark },
    Prove,
}

/// What came of an operation.
#[derive(Debug)]
pub(super) enum Answer {
    Inserted(Inserted),
    EachInserted(Vec<Inserted>),
    Changed(Changed),
    Added(Added),
    EachAdded(Vec<Added>),
    Tokens(Vec<TokenId>),
    Descendants(Descendants),
    Count(usize),
    Counts(Vec<u64>),
    Purged(Purged),
    Done(()),
}

/// An operation's answer, and what is to become of what it did.
pub(super) enum Ran {
    /// It stays.
    Keep(Answer),
    /// It is undone: the answer says why.
    Undo(Answer),
    /// It was not begun: the caller may not have it done.
    Refuse(StoreError),
}

impl Operation {
    /// The mint that this operation is, if it is one.
    pub(super) fn mint(&self) -> Option<Mint<'_>> {
        match self {
            Self::InsertToken { token, stamp } => Some(Mint::Token(token, AuditAction::TokenMint, *stamp)),
            Self::RecordTemporary { user, id, generation, stamp } => {
                Some(Mint::Temporary(*user, *id, *generation, *stamp))
            }
            _ => None,
        }
    }

    /// Whether it shows that a mint would be stored.
    pub(super) fn is_proof(&self) -> bool {
        matches!(self, Self::Prove)
    }

    /// Who asks for it.
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::InsertToken { stamp, .. }
            | Self::RecordTemporary { stamp, .. }
            | Self::ImportTokens { stamp, .. }
            | Self::ChangeToken { stamp, .. }
            | Self::DeleteToken { stamp, .. }
            | Self::RotateToken { stamp, .. }
            | Self::DeleteNamedTokens { stamp, .. }
            | Self::RevokeTokens { stamp, .. }
            | Self::InsertUser { stamp, .. }
            | Self::ImportUsers { stamp, .. }
            | Self::ChangeUser { stamp, .. }
            | Self::IgnoreCase { stamp }
            | Self::PutKeyLast { stamp, .. }
            | Self::RetireKey { stamp, .. }
            | Self::ResealKeys { stamp, .. }
            | Self::ResealSecrets { stamp, .. } => stamp.0,
            Self::AddKey { by, .. } => *by,
            Self::RevokeDescendants { doomed, .. } => doomed.by,
            Self::TouchTokens { .. }
            | Self::AddUses { .. }
            | Self::PurgeUses { .. }
            | Self::NoteAddress { .. }
            | Self::PurgeAddresses { .. }
            | Self::FoldNames { .. }
            | Self::InsertFirstKey { .. }
            | Self::PurgeChanges { .. }
            | Self::PurgeTokens { .. }
            | Self::DeleteAudit { .. }
            | Self::Load { .. }
            | Self::Apply { .. }
            | Self::SetMark { .. }
            | Self::Prove => Actor::System,
            Self::AppendAudit { entries, .. } => entries.first().map_or(Actor::System, |entry| entry.by),
        }
    }

    /// Whose account it changes or locks, with its tokens: mints are not to keep it waiting.
    pub(super) fn accounts(&self) -> Vec<UserId> {
        let mut accounts = match self {
            Self::ChangeToken { owner, .. }
            | Self::DeleteToken { owner, .. }
            | Self::DeleteNamedTokens { owner, .. }
            | Self::RevokeTokens { owner, .. } => vec![*owner],
            Self::RotateToken { new, .. } => vec![new.user],
            Self::ChangeUser { id, .. } => vec![*id],
            Self::RevokeDescendants { doomed, .. } => doomed.kin.iter().map(|kin| kin.owner).collect(),
            _ => Vec::new(),
        };
        if self.mint().is_none()
            && let Some(caller) = self.actor().caller()
        {
            accounts.extend(caller.accounts());
        }
        accounts
    }

    /// How its caller's rows are locked. Alone only where it changes them, or must wait for what is being minted with them: else a
    /// revocation and the mints of other nodes would keep one another waiting.
    fn lock(&self) -> Lock {
        let own = self.actor().caller().and_then(Caller::token).and_then(Parent::token);
        match self {
            Self::ChangeToken { id, .. } | Self::DeleteToken { id, .. } if own != Some(*id) => Lock::SharedByAll,
            Self::RotateToken { old, .. } if own != Some(old.id) => Lock::SharedByAll,
            Self::InsertUser { .. }
            | Self::AddKey { .. }
            | Self::PutKeyLast { .. }
            | Self::RetireKey { .. }
            | Self::AppendAudit { .. } => Lock::SharedByAll,
            _ => Lock::Alone,
        }
    }

    /// Does it, in a transaction, if whoever asks for it may still have it done.
    pub(super) async fn run(&self, batch: &mut Batch<'_>) -> Result<Ran, Fault> {
        if let Some(refusal) = batch.refusal(&self.actor(), self.lock()).await? {
            return Ok(Ran::Refuse(refusal));
        }
        let changed = |outcome: Result<Changed, Fault>| match outcome {
            Err(fault) if fault.is_taken() => Ok(Ran::Undo(Answer::Changed(Changed::NameTaken))),
            Ok(taken @ Changed::NameTaken) => Ok(Ran::Undo(Answer::Changed(taken))),
            other => other.map(|changed| Ran::Keep(Answer::Changed(changed))),
        };
        Ok(Ran::Keep(match self {
            Self::ImportTokens { tokens, stamp } => {
                let answers = mints::insert(batch, tokens, AuditAction::TokenImport, *stamp).await?;
                let all = answers.iter().all(|answer| *answer == Inserted::Stored);
                return Ok(if all { Ran::Keep } else { Ran::Undo }(Answer::EachInserted(answers)));
            }
            Self::ChangeToken { owner, id, change, stamp } => {
                return changed(tokens::change(batch, *owner, *id, change, *stamp).await);
            }
            Self::DeleteToken { owner, id, stamp } => {
                Answer::Changed(tokens::delete(batch, *owner, *id, *stamp).await?)
            }
            Self::RotateToken { old, new, stamp } => {
                return match changed(tokens::rotate(batch, old, new, *stamp).await)? {
                    Ran::Keep(Answer::Changed(Changed::Done)) => Ok(Ran::Keep(Answer::Changed(Changed::Done))),
                    Ran::Keep(answer) | Ran::Undo(answer) => Ok(Ran::Undo(answer)),
                    refused @ Ran::Refuse(_) => Ok(refused),
                };
            }
            Self::DeleteNamedTokens { owner, limit, stamp } => {
                Answer::Tokens(tokens::delete_named(batch, *owner, *limit, *stamp).await?)
            }
            Self::RevokeTokens { owner, which, limit, stamp } => {
                Answer::Tokens(tokens::revoke(batch, *owner, which, *limit, *stamp).await?)
            }
            Self::RevokeDescendants { doomed, at_ms } => {
                Answer::Descendants(descendants::revoke(batch, doomed, *at_ms).await?)
            }
            Self::TouchTokens { used } => Answer::Done(tokens::touch(batch, used).await?),
            Self::InsertUser { user, stamp } => Answer::Added(users::insert(batch, user, *stamp).await?),
            Self::ImportUsers { users, stamp } => {
                let mut answers = Vec::with_capacity(users.len());
                for user in users {
                    answers.push(users::insert(batch, user, *stamp).await?);
                }
                let all = answers.iter().all(|answer| *answer == Added::Stored);
                return Ok(if all { Ran::Keep } else { Ran::Undo }(Answer::EachAdded(answers)));
            }
            Self::ChangeUser { id, change, stamp } => return changed(users::change(batch, *id, change, *stamp).await),
            Self::FoldNames { names, former } => return changed(names::fold(batch, names, former).await),
            Self::IgnoreCase { stamp } => return changed(names::ignore_case(batch, *stamp).await),
            _ => self.run_upkeep(batch).await?,
        }))
    }

    /// The rest: what is not asked for by users.
    async fn run_upkeep(&self, batch: &mut Batch<'_>) -> Result<Answer, Fault> {
        Ok(match self {
            Self::InsertFirstKey { key } => Answer::Done(keys::insert_first(batch, key).await?),
            Self::AddKey { key, by } => Answer::Done(keys::add(batch, key, *by).await?),
            Self::PutKeyLast { id, stamp } => Answer::Changed(keys::put_last(batch, *id, *stamp).await?),
            Self::RetireKey { id, stamp } => Answer::Changed(keys::retire(batch, *id, *stamp).await?),
            Self::ResealKeys { keys, stamp } => Answer::Count(keys::reseal(batch, keys, *stamp).await?),
            Self::ResealSecrets { secrets, stamp } => {
                Answer::Count(keys::reseal_secrets(batch, secrets, *stamp).await?)
            }
            Self::AddUses { chain, uses } => Answer::Done(uses::add(batch, chain, uses).await?),
            Self::PurgeUses { before_day, limit } => Answer::Count(uses::purge(batch, *before_day, *limit).await?),
            Self::NoteAddress { seen, former, oldest_ms, most } => {
                Answer::Done(addresses::note(batch, seen, former, *oldest_ms, *most).await?)
            }
            Self::PurgeAddresses { before_ms, limit } => {
                Answer::Count(addresses::purge(batch, *before_ms, *limit).await?)
            }
            Self::PurgeChanges { before_ms, limit } => Answer::Count(feed::purge(batch, *before_ms, *limit).await?),
            Self::PurgeTokens { ended_before_s, after, scan, at_ms } => {
                Answer::Purged(upkeep::purge_tokens(batch, *ended_before_s, *after, *scan, *at_ms).await?)
            }
            Self::AppendAudit { entries, at_ms } => {
                for entry in entries {
                    batch.append(entry.clone(), *at_ms);
                }
                Answer::Done(())
            }
            Self::DeleteAudit { chain, seq, limit } => {
                Answer::Count(feed::delete_audit(batch, chain, *seq, *limit).await?)
            }
            Self::Load { rows, mark } => Answer::Done(transfer::load(batch, rows, mark).await?),
            Self::Apply { effects, at_ms, mark } => {
                Answer::Counts(effects::apply_all(batch, effects, *at_ms, mark).await?)
            }
            Self::Prove => Answer::Done(upkeep::prove(batch).await?),
            Self::SetMark { mark } => Answer::Done(transfer::set_mark(batch, mark).await.map(drop)?),
            Self::InsertToken { .. }
            | Self::RecordTemporary { .. }
            | Self::ImportTokens { .. }
            | Self::ChangeToken { .. }
            | Self::DeleteToken { .. }
            | Self::RotateToken { .. }
            | Self::DeleteNamedTokens { .. }
            | Self::RevokeTokens { .. }
            | Self::RevokeDescendants { .. }
            | Self::TouchTokens { .. }
            | Self::InsertUser { .. }
            | Self::ImportUsers { .. }
            | Self::ChangeUser { .. }
            | Self::FoldNames { .. }
            | Self::IgnoreCase { .. } => return Err(Fault::Other("an operation was taken for another one".into())),
        })
    }
}

/// What an operation's answer is known to be by who asked.
pub(super) trait Answered: Sized {
    /// None for the answer of another operation.
    fn from_answer(answer: Answer) -> Option<Self>;
}

macro_rules! answered {
    ($($variant:ident: $type:ty),* $(,)?) => {
        $(impl Answered for $type {
            fn from_answer(answer: Answer) -> Option<Self> {
                if let Answer::$variant(value) = answer { Some(value) } else { None }
            }
        })*
    };
}

answered! {
    Inserted: Inserted,
    EachInserted: Vec<Inserted>,
    Changed: Changed,
    Added: Added,
    EachAdded: Vec<Added>,
    Tokens: Vec<TokenId>,
    Descendants: Descendants,
    Count: usize,
    Counts: Vec<u64>,
    Purged: Purged,
    Done: (),
}
