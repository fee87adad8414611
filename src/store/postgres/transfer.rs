//! Statements that read and write whole records, as they move from one store to another.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use super::{addresses, descendants, keys, mints, names, records, tokens, users, uses};
use crate::model::{TokenId, UserId};
use crate::store::{AuditRow, Mark, Rows, TokenRow, UserRow};

pub(super) async fn dump_users(readers: &Readers, after: Option<UserId>, limit: usize) -> Result<Vec<UserRow>, Fault> {
    let after = after.as_ref().map_or(&[][..], |id| id.as_bytes().as_slice());
    readers
        .all(users::DUMP, &[&after, &records::limit(limit)], |row| {
            Ok(UserRow { user: records::user(row)?, removed_ms: records::maybe_number(row, 12)? })
        })
        .await
}

pub(super) async fn dump_tokens(
    readers: &Readers,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<TokenRow>, Fault> {
    let (shard, id) = keys::place(after.as_ref());
    readers
        .all(tokens::DUMP, &[&shard, &id, &records::limit(limit)], |row| {
            Ok(TokenRow { token: records::token(row)?, deleted_ms: records::maybe_number(row, 14)? })
        })
        .await
}

pub(super) async fn load(batch: &mut Batch<'_>, rows: &Rows, mark: &Mark) -> Result<(), Fault> {
    match rows {
        Rows::Users(rows) => {
            for row in rows {
                users::load(batch, row).await?;
            }
        }
        Rows::Tokens(rows) => {
            let mut columns = mints::Columns::default();
            for row in rows {
                columns.push_whole(&row.token, row.deleted_ms);
            }
            batch.execute(mints::LOAD, &columns.parameters()).await?;
        }
        Rows::Uses(rows) => {
            for row in rows {
                uses::load(batch, row).await?;
            }
        }
        Rows::Parents(rows) => {
            for row in rows {
                descendants::load(batch, row).await?;
            }
        }
        Rows::Addresses(rows) => {
            for row in rows {
                addresses::load(batch, row).await?;
            }
        }
        Rows::Names(rows) => {
            for row in rows {
                names::keep(batch, row).await?;
            }
        }
        Rows::Keys(rows) => {
            for key in rows {
                keys::load(batch, key).await?;
            }
        }
        Rows::Audit(rows) => load_audit(batch, rows).await?,
    }
    set_mark(batch, mark).await
}

/// Moves the ends of the chains with them.
async fn load_audit(batch: &mut Batch<'_>, rows: &[AuditRow]) -> Result<(), Fault> {
    let sql = r#"INSERT INTO audit (chain, seq, at_ms, action, actor, "user", token, note, hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (chain, seq) DO NOTHING"#;
    let head = "INSERT INTO heads (chain, audit_seq, audit_hash, change_seq) VALUES ($1, $2, $3, 0)
                ON CONFLICT (chain) DO UPDATE SET audit_seq = excluded.audit_seq, audit_hash = excluded.audit_hash
                WHERE heads.audit_seq < excluded.audit_seq";
    let mut last = std::collections::BTreeMap::new();
    for row in rows {
        let (actor, user) = (row.actor.as_ref().map(UserId::as_bytes), row.user.as_ref().map(UserId::as_bytes));
        batch
            .execute(
                sql,
                &[
                    &row.chain.as_str(),
                    &records::big(row.seq),
                    &records::big(row.at_ms),
                    &row.action.name(),
                    &actor.map(<[u8; 16]>::as_slice),
                    &user.map(<[u8; 16]>::as_slice),
                    &row.token.as_ref().map(TokenId::as_bytes),
                    &row.note,
                    &row.hash.as_slice(),
                ],
            )
            .await?;
        last.insert(&row.chain, row);
        batch.extend_chain(row);
    }
    for row in last.into_values() {
        batch.execute(head, &[&row.chain.as_str(), &records::big(row.seq), &row.hash.as_slice()]).await?;
    }
    Ok(())
}

pub(super) async fn mark(readers: &Readers, name: &str) -> Result<Option<String>, Fault> {
    readers.first("SELECT value FROM marks WHERE name = $1", &[&name], |row| Ok(row.try_get(0)?)).await
}

pub(super) async fn set_mark(batch: &mut Batch<'_>, mark: &Mark) -> Result<(), Fault> {
    match &mark.value {
        Some(value) => {
            let sql = "INSERT INTO marks (name, value) VALUES ($1, $2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            batch.execute(sql, &[&mark.name, value]).await?;
        }
        None => {
            batch.execute("DELETE FROM marks WHERE name = $1", &[&mark.name]).await?;
        }
    }
    Ok(())
}
