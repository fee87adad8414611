//! The one text of a caveat, made without the code under test. The fuzz target has this file too.

/// What is minted for a text that holders may write: an address gets a mask, an entry of `api` a scope, and an object id upper
/// case. All other texts stay as they are.
pub fn one_text(text: &str) -> String {
    let Some((kind, items)) = text.split_once(" = ") else { return text.to_owned() };
    let item = |item: &str| match kind {
        "ip" if !item.contains('/') => format!("{item}/{}", if item.contains(':') { 128 } else { 32 }),
        "api" if !item.contains(':') => format!("{item}:private"),
        "data.objectid" => item.to_ascii_uppercase(),
        _ => item.to_owned(),
    };
    format!("{kind} = {}", items.split('|').map(item).collect::<Vec<_>>().join("|"))
}
