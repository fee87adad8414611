//! Marks: named values that a store keeps about itself.

use super::batch::Batch;
use super::fault::Fault;
use super::readers::Readers;
use crate::Mark;

/// Reads a mark.
pub(super) async fn mark(readers: &Readers, name: &str) -> Result<Option<String>, Fault> {
    readers.first("SELECT value FROM marks WHERE name = $1", &[&name], |row| Ok(row.try_get(0)?)).await
}

/// Says whether the mark was another one.
pub(super) async fn set_mark(batch: &Batch<'_>, mark: &Mark) -> Result<bool, Fault> {
    let changed = match &mark.value {
        Some(value) => {
            let sql = "INSERT INTO marks (name, value) VALUES ($1, $2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE marks.value <> excluded.value";
            batch.execute(sql, &[&mark.name, value]).await?
        }
        None => batch.execute("DELETE FROM marks WHERE name = $1", &[&mark.name]).await?,
    };
    Ok(changed > 0)
}
