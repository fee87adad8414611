//! What is noted of how often tokens were used.

use rusqlite::{Connection, params};

use crate::DayOfUses;

pub(super) fn add(connection: &Connection, uses: &[DayOfUses]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO uses (owner, day, chain, count)
               SELECT ?1, ?2, '', ?3 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?1 AND removed_ms IS NULL)
               ON CONFLICT (owner, day, chain) DO UPDATE SET count = count + excluded.count";
    let mut statement = connection.prepare_cached(sql)?;
    for DayOfUses { owner, day, count } in uses {
        statement.execute(params![owner.as_bytes(), day, count])?;
    }
    Ok(())
}
