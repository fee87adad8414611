//! What every store must do. One suite, run against each engine.

mod authority;
mod descendants;
mod earlier;
mod effects;
mod large;
mod names;
mod overlap;
mod passwords;
mod pooled;
mod put_back;
mod records;
mod shared;
mod thief;
mod upkeep;
mod wire;

use std::sync::Arc;

use crate::support::pooler::Pooler;
use crate::support::postgres;
use zonemint::caveat::{Caveat, Time, TokenKind};
use zonemint::clock::Clock;
use zonemint::model::{
    FullName, KeyId, LastUse, PasswordHash, Privileges, SubjectKind, Token, TokenForm, TokenId, TokenName, TokenSecret,
    TokenUse, User, UserId, UserName,
};
use zonemint::random::Random;
use zonemint::store::postgres::PostgresStore;
use zonemint::store::sqlite::{DataFolder, SqliteStore};
use zonemint::store::{
    Actor, Added, AfterUser, AuditAction, AuditEntry, Chain, Change, Changed, DayOfUses, Head, Inserted, Mark,
    Position, Resealed, ResetLink, Rotated, Rows, SealedKey, SealedSecret, SeenAddress, Settings, Store, Tls,
    TokenChange, TokenCount, TokenFilter, TokenPage, TokenRow, TokenState, Topic, UserChange, UsesRow, Which,
};

/// A store and what it stands on, which goes away with it.
struct Engine {
    store: Arc<dyn Store>,
    folder: Option<tempfile::TempDir>,
    _database: Option<postgres::Database>,
}

fn sqlite() -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::create(folder.path()).unwrap();
    Engine {
        store: Arc::new(SqliteStore::open(&data.database(), Clock::system()).unwrap()),
        folder: Some(folder),
        _database: None,
    }
}

/// None, with the reason printed, where PostgreSQL is not installed.
async fn postgres() -> Option<Engine> {
    let database = postgres::database()?;
    let store =
        PostgresStore::open(&database.settings(), Chain::parse("node-1").unwrap(), Clock::system()).await.unwrap();
    Some(Engine { store: Arc::new(store), folder: None, _database: Some(database) })
}

/// Through transaction pooling. None, with the reason printed, where PostgreSQL or PgBouncer is not installed.
async fn pooled() -> Option<Engine> {
    let database = postgres::database()?;
    let settings = Pooler::shared(&database).await?.settings(&database);
    let store = PostgresStore::open(&settings, Chain::parse("node-1").unwrap(), Clock::system()).await.unwrap();
    Some(Engine { store: Arc::new(store), folder: None, _database: Some(database) })
}

/// What stands in the feed after a position.
async fn changes_after(store: &Arc<dyn Store>, position: &Position) -> Vec<Change> {
    store.read_feed(position, 1_000).await.unwrap().changes
}

/// Runs each case against each engine, as tests of their own.
macro_rules! contract {
    ($($group:ident: [$($case:ident),* $(,)?])*) => {
        mod sqlite_engine {
            $(mod $group {
                $(#[tokio::test]
                async fn $case() {
                    super::super::$group::$case(super::super::sqlite()).await;
                })*
            })*
        }

        mod postgres_engine {
            $(mod $group {
                $(#[tokio::test]
                async fn $case() {
                    if let Some(engine) = super::super::postgres().await {
                        super::super::$group::$case(engine).await;
                    }
                })*
            })*
        }

        mod postgres_engine_through_a_pooler {
            $(mod $group {
                $(#[tokio::test]
                async fn $case() {
                    if let Some(engine) = super::super::pooled().await {
                        super::super::$group::$case(engine).await;
                    }
                })*
            })*
        }
    };
}

contract! {
    records: [
        a_token_is_read_back_as_it_was_stored,
        a_taken_name_stores_nothing,
        mints_that_come_together_are_told_apart,
        a_blocked_or_removed_owner_gets_no_token,
        every_part_of_a_token_is_kept,
        a_token_is_changed_and_restored,
        named_tokens_are_listed_by_name_and_deleted_together,
        many_tokens_are_revoked_at_once,
        a_page_of_tokens_passes_its_filter,
        a_token_takes_the_place_of_another,
        uses_are_noted_by_the_day,
        of_two_last_uses_the_later_one_is_kept_whole,
        uses_are_added_up_by_the_day_and_leave_with_their_account,
        the_newest_addresses_of_an_account_are_kept,
        a_temporary_token_needs_its_generation,
        users_are_imported_all_or_none,
        a_block_is_felt_by_what_is_asked_right_after_it,
        tokens_are_listed_newest_first_in_pages,
        a_token_is_deleted_once_and_only_by_its_owner,
        users_are_found_changed_and_removed,
        nobody_takes_a_name_that_another_account_had,
        every_change_is_announced_and_audited,
        every_change_holds_a_hash_of_those_before,
        concurrent_writes_all_arrive_in_one_audit_chain,
        a_closed_store_answers_with_an_error,
    ]
    large: [
        a_page_looks_at_so_many_tokens_and_says_where_the_next_one_begins,
        an_account_has_no_more_good_tokens_than_it_may,
        a_restored_or_rotated_token_needs_room_too,
        tokens_are_counted_in_parts,
    ]
    authority: [
        a_write_is_refused_once_what_authorised_it_is_lost,
        a_write_in_the_same_batch_sees_the_loss_before_it,
        the_rest_of_a_revocation_needs_no_token,
    ]
    descendants: [
        descendants_end_in_every_account,
        a_temporary_token_leads_to_what_it_minted,
        a_family_is_read_in_pages,
        more_descendants_than_a_page_all_end,
        who_made_temporary_tokens_moves_to_another_store,
        a_parent_that_is_purged_is_forgotten,
    ]
    effects: [
        effects_on_users_take_away_and_say_whether_they_changed_something,
        effects_come_with_their_mark_and_not_twice_under_the_same_one,
        a_user_that_a_trail_removes_leaves_its_name_and_no_uses,
        effects_on_tokens_and_keys_take_away_and_say_whether_they_changed_something,
    ]
    names: [
        case_counts_until_a_store_without_clashes_is_marked,
        names_that_differ_in_case_only_are_one_in_a_marked_store,
        names_of_before_the_mark_are_folded_with_it,
        of_a_mark_and_a_clash_at_the_same_moment_one_is_refused,
        a_marked_store_moves_with_its_mark,
        a_name_is_not_folded_in_the_place_of_another_that_folds_alike,
    ]
    passwords: [
        a_link_sets_the_password_of_its_account_once,
        of_many_who_use_a_link_at_once_one_sets_the_password,
        a_link_is_ended_by_whatever_changes_what_it_is_good_for,
        no_link_is_made_for_who_may_have_no_password,
        a_store_that_is_put_back_has_no_links,
        a_password_must_be_changed_until_its_owner_has_done_so,
        privileges_are_given_and_taken_from_those_that_there_are,
    ]
    upkeep: [
        only_the_first_key_is_kept,
        keys_are_added_and_all_but_one_retired_for_good,
        the_order_of_keys_is_that_of_their_numbers_whatever_the_time_says,
        keys_and_secrets_are_sealed_anew_once,
        tokens_of_a_root_key_are_counted,
        expired_tokens_leave_in_small_steps,
        old_days_of_uses_leave_in_small_steps,
        old_addresses_leave_in_small_steps,
        old_changes_leave_but_the_last_one,
        a_change_of_a_clock_that_was_set_back_leaves_after_those_before_it,
        audit_rows_with_notes_are_chained_and_leave_from_the_front,
        rows_of_a_request_note_how_it_signed_in_and_where_it_came_from,
        whole_records_move_to_another_store,
        chains_of_other_stores_are_kept_apart,
        a_check_finds_what_refers_to_nothing,
    ]
}

fn user(name: &str) -> User {
    User {
        name: Some(UserName::parse(name).unwrap()),
        password: Some(PasswordHash::new("$argon2id$".to_owned())),
        basic_auth: true,
        ..User::new(UserId::new(&Random::system()), SubjectKind::User, FullName::parse("Some One").unwrap(), 1_000)
    }
}

fn token(owner: &User, now_ms: u64, name: Option<&str>) -> Token {
    Token {
        id: TokenId::new(now_ms, &Random::system()),
        user: owner.id,
        secret: TokenSecret::Derived(KeyId::from_bytes([7; 8])),
        form: TokenForm::Bare,
        kind: TokenKind::Access,
        name: name.map(|name| TokenName::parse(name).unwrap()),
        caveats: vec![Caveat::Time(Time::until(5)), Caveat::Time(Time::until(6))],
        metadata: None,
        created_ms: now_ms,
        revoked_ms: None,
        last_used_day: None,
        last_use: None,
        parent: None,
    }
}

fn named(owner: &User, now_ms: u64, name: &str) -> Token {
    Token {
        id: TokenId::named(now_ms, &Random::system()),
        form: TokenForm::Structured(SubjectKind::User),
        ..token(owner, now_ms, Some(name))
    }
}

async fn added(engine: &Engine, name: &str) -> User {
    let user = user(name);
    assert_eq!(engine.store.insert_user(user.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    user
}

async fn insert(engine: &Engine, token: &Token) -> Inserted {
    engine.store.insert_token(token.clone(), Actor::Operator, 2_000).await.unwrap()
}

/// The store's own chain has that many rows, each after the one before.
async fn assert_chained(store: &Arc<dyn Store>, length: u64) {
    let chain = store.chain();
    let rows = store.audit_after(&chain, 0, 10_000).await.unwrap();
    assert_eq!(rows.last().map(|row| row.seq), Some(length));
    rows.iter().enumerate().fold(chain.genesis(), |previous, (place, row)| {
        assert_eq!((row.seq, &row.chain), (place as u64 + 1, &chain));
        assert_eq!(row.hash, row.chained(&previous), "row {}", row.seq);
        row.hash
    });
}

#[tokio::test]
async fn sqlite_keeps_what_was_stored_when_it_is_opened_again() {
    let Engine { store, folder, .. } = sqlite();
    let folder = folder.unwrap();
    let alice = user("alice");
    assert_eq!(store.insert_user(alice.clone(), Actor::Operator).await.unwrap(), Added::Stored);
    store.close().await;
    drop(store);
    let store: &dyn Store = &SqliteStore::open(&folder.path().join("zonemint.db"), Clock::system()).unwrap();
    assert_eq!(store.user(alice.id).await.unwrap(), Some(alice));
}

#[tokio::test]
async fn sqlite_refuses_tables_of_a_newer_program() {
    let Engine { store, folder, .. } = sqlite();
    let folder = folder.unwrap();
    store.close().await;
    drop(store);
    let path = folder.path().join("zonemint.db");
    // SQLite keeps `user_version` as a big-endian number at byte 60 of the file.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&999u32.to_be_bytes());
    std::fs::write(&path, bytes).unwrap();
    let error = SqliteStore::open(&path, Clock::system()).err().unwrap();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("newer version"), "{source}");
}
