//! A geo database of a few addresses, in MaxMind's format (version 2.0 of its specification).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

/// What stands between the tree and the data, and is counted in each reference to the data.
const SEPARATOR: usize = 16;
/// Bytes of a node: two records of 24 bits.
const NODE: usize = 6;

/// Places a record at an address and at no other.
pub fn bytes(places: &BTreeMap<Ipv4Addr, Value>) -> Vec<u8> {
    let mut nodes = vec![[Record::Nothing; 2]];
    let mut data = Vec::new();
    for (address, record) in places {
        let mut at = 0;
        for bit in (1..32).rev() {
            let side = side(*address, bit);
            at = if let Record::Node(next) = nodes[at][side] {
                next
            } else {
                nodes.push([Record::Nothing; 2]);
                nodes[at][side] = Record::Node(nodes.len() - 1);
                nodes.len() - 1
            };
        }
        nodes[at][side(*address, 0)] = Record::Data(data.len());
        data.extend(value(record));
    }
    let count = nodes.len();
    let mut file = Vec::with_capacity(count * NODE + SEPARATOR + data.len());
    for record in nodes.into_iter().flatten() {
        let number = match record {
            Record::Nothing => count,
            Record::Node(node) => node,
            Record::Data(offset) => count + SEPARATOR + offset,
        };
        file.extend(&u32::try_from(number).unwrap().to_be_bytes()[1..]);
    }
    file.extend([0; SEPARATOR]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    file.extend(metadata(u32::try_from(count).unwrap()));
    file
}

/// Each number of the metadata has a width of its own.
fn metadata(node_count: u32) -> Vec<u8> {
    let u16 = |number: u16| [control(5, 2), number.to_be_bytes().to_vec()].concat();
    let entries = [
        ("binary_format_major_version", u16(2)),
        ("binary_format_minor_version", u16(0)),
        ("build_epoch", [control(9, 8), 1_767_225_600_u64.to_be_bytes().to_vec()].concat()),
        ("database_type", value(&json!("Decisions-Country-ASN"))),
        ("description", value(&json!({"en": "made by a test"}))),
        ("ip_version", u16(4)),
        ("languages", value(&json!(["en"]))),
        ("node_count", value(&json!(node_count))),
        ("record_size", u16(24)),
    ];
    let pairs = entries.iter().flat_map(|(key, entry)| [value(&json!(key)), entry.clone()]);
    [control(7, entries.len())].into_iter().chain(pairs).flatten().collect()
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Data(usize),
}

fn side(address: Ipv4Addr, bit: u32) -> usize {
    usize::from(address.to_bits() >> bit & 1 == 1)
}

/// Maps, lists, strings, booleans and numbers of 32 bits, each with fewer than 29 entries or bytes.
fn value(value: &Value) -> Vec<u8> {
    match value {
        Value::Object(map) => control(7, map.len()).into_iter().chain(entries(map)).collect(),
        Value::Array(list) => control(11, list.len()).into_iter().chain(list.iter().flat_map(self::value)).collect(),
        Value::String(text) => control(2, text.len()).into_iter().chain(text.bytes()).collect(),
        Value::Bool(truth) => control(14, usize::from(*truth)),
        Value::Number(number) => {
            let number = u32::try_from(number.as_u64().unwrap()).unwrap();
            control(6, 4).into_iter().chain(number.to_be_bytes()).collect()
        }
        Value::Null => panic!("the format has no null"),
    }
}

fn entries(map: &Map<String, Value>) -> impl Iterator<Item = u8> {
    map.iter().flat_map(|(key, entry)| [value(&json!(key)), value(entry)]).flatten()
}

/// The type and the length of what follows.
fn control(kind: u8, length: usize) -> Vec<u8> {
    assert!(length < 29, "a longer value needs more bytes of length");
    let length = u8::try_from(length).unwrap();
    if kind < 8 { vec![kind << 5 | length] } else { vec![length, kind - 7] }
}
