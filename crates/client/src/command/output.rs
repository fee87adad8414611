//! `--format`: how a command prints its result, in columns by the width of characters on a terminal.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

/// How a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: with a heading, in columns
    Table,
    /// For programs: JSON
    Json,
    /// For shells: no heading, tabs between the fields
    Plain,
}

/// The options that choose a [`Format`].
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Output {
    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "table", conflicts_with = "json")]
    format: Format,
    /// Print JSON: the same as --format json
    #[arg(long)]
    json: bool,
}

impl Output {
    /// The chosen format.
    #[must_use]
    pub fn format(self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// Whether programs read the output.
    #[must_use]
    pub fn is_json(self) -> bool {
        self.format() == Format::Json
    }

    /// One thing: an object, as it is or for shells; or what people read.
    pub fn object(self, object: &Value, in_words: impl FnOnce() -> String) -> String {
        match self.format() {
            Format::Json => format!("{object}\n"),
            Format::Plain => tabbed_object(object),
            Format::Table => in_words(),
        }
    }

    /// Rows for people, or for shells when they are asked for.
    #[must_use]
    pub fn rows<const N: usize>(self, head: [&str; N], rows: &[[String; N]]) -> String {
        if self.format() == Format::Plain { tabbed(rows) } else { columns(head, rows) }
    }

    /// Names and texts of one thing, in the same way; for people the texts stand below each other.
    #[must_use]
    pub fn facts(self, facts: &[(&str, String)]) -> String {
        let width = facts.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
        let line = |(name, text): &(&str, String)| match self.format() {
            Format::Plain => format!("{name}\t{text}\n"),
            _ => format!("{}  {text}\n", pad(name, width)),
        };
        facts.iter().map(line).collect()
    }
}

/// `name`, tab, `text` for each key of an object; a list's texts with blanks between them.
fn tabbed_object(object: &Value) -> String {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    };
    let keys = object.as_object().into_iter().flatten();
    tabbed(&keys.map(|(key, value)| [key.clone(), text(value)]).collect::<Vec<_>>())
}

/// A text and spaces behind it, up to a width in columns of a terminal.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{:missing$}", "")
}

/// One JSON object per line.
#[must_use]
pub fn json_lines(objects: impl IntoIterator<Item = Value>) -> String {
    objects.into_iter().map(|object| object.to_string() + "\n").collect()
}

/// Lines of fields with a tab between them.
#[must_use]
pub fn tabbed<const N: usize>(rows: &[[String; N]]) -> String {
    rows.iter().map(|row| row.join("\t") + "\n").collect()
}

/// Lines of columns that are as wide as the widest text in them, two spaces apart; the last one ends where it ends.
fn columns<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(str::width);
    for row in rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.width());
        }
    }
    let mut out = String::new();
    for row in std::iter::once(head.map(str::to_owned)).chain(rows.iter().cloned()) {
        let line: Vec<_> = widths.iter().zip(&row).map(|(width, text)| pad(text, *width)).collect();
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[[&str; 2]]) -> Vec<[String; 2]> {
        rows.iter().map(|row| row.map(str::to_owned)).collect()
    }

    #[test]
    fn columns_stand_below_each_other_as_a_terminal_shows_them() {
        // Two columns each for the ideographs; none for the accent that is put over the letter before it.
        let rows = rows(&[["żółw", "x"], ["東京", "y"], ["e\u{301}", "z"], ["a", ""]]);
        assert_eq!(columns(["NAME", "B"], &rows), "NAME  B\nżółw  x\n東京  y\ne\u{301}     z\na\n");
    }

    #[test]
    fn plain_rows_have_no_heading_and_one_tab_between_fields() {
        let plain = Output { format: Format::Plain, json: false };
        assert_eq!(plain.rows(["NAME", "B"], &rows(&[["a b", "-"], ["c", "d"]])), "a b\t-\nc\td\n");
        let object = serde_json::json!({"a": "x", "b": ["y", "z"], "c": null, "d": 1});
        assert_eq!(plain.object(&object, String::new), "a\tx\nb\ty z\nc\t-\nd\t1\n");
        assert_eq!(plain.facts(&[("name", "a b".to_owned())]), "name\ta b\n");
    }
}
