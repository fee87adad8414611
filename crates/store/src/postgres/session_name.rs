//! What connections are called at the server (`application_name`): by the node and by the process, so that two processes of one
//! node can be told apart even at one address or behind a pooler. A log or `pg_stat_activity` shows the name.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

use crate::Chain;
use zonemint_base::random::Random;

const PROGRAM: &str = "zonemint ";
/// The bytes that PostgreSQL keeps of a name: NAMEDATALEN - 1.
const KEPT: usize = 63;
/// Characters that tell processes apart, and hexadecimal digits that stand for the end of a long node name: 32 bits.
const DIGITS: usize = 8;
/// The first character of a process, which says what the program knows: `g` of user names and identifiers of other directories, a later
/// letter of more. In programs from before them it was a hexadecimal digit.
const KNOWS: char = 'g';
/// The longest node name that stands there in full, before a slash and the digits.
const LONGEST: usize = KEPT - PROGRAM.len() - 1 - DIGITS;

/// Identifies this process. It is no secret.
static PROCESS: LazyLock<[u8; 4]> = LazyLock::new(|| Random::system().bytes());

/// The name of all connections of this process, such as `zonemint node-1/5f0c11d2`.
pub(super) fn of_this_process(chain: &Chain) -> String {
    of_process(chain, *PROCESS)
}

fn of_process(chain: &Chain, process: [u8; 4]) -> String {
    format!("{}{KNOWS}{:07x}", of_node(chain), u32::from_be_bytes(process) >> 4)
}

/// Whether a program has this name that knows less than this one.
pub(super) fn is_of_earlier_program(name: &str) -> bool {
    name.starts_with(PROGRAM)
        && name.rsplit_once('/').is_none_or(|(_, process)| process.chars().next().is_none_or(|first| first < KNOWS))
}

/// How the names of all processes of a node begin, and of no other node. Names of nodes have no slash and no tilde.
pub(super) fn of_node(chain: &Chain) -> String {
    let name = chain.as_str();
    if name.len() <= LONGEST {
        return format!("{PROGRAM}{name}/");
    }
    let hash = Sha256::digest(name.as_bytes());
    let end = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    // ASCII, as all names of chains.
    format!("{PROGRAM}{}~{end:08x}/", &name[..LONGEST - 1 - DIGITS])
}

/// The name that earlier programs used for all processes of a node, as the server keeps it.
pub(super) fn without_process(chain: &Chain) -> String {
    let mut name = format!("{PROGRAM}{}", chain.as_str());
    name.truncate(KEPT);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(name: &str) -> Chain {
        Chain::parse(name).unwrap()
    }

    #[test]
    fn processes_of_one_node_have_different_names_that_begin_alike() {
        let node = chain("node-1");
        let [one, other] = [1, 2].map(|process| of_process(&node, [process; 4]));
        assert_ne!(one, other);
        assert!([&one, &other].iter().all(|name| name.starts_with(&of_node(&node))), "{one} {other}");
        assert!(!of_node(&chain("node-10")).starts_with(&of_node(&node)));
        assert!(!without_process(&chain("node-10")).starts_with(&of_node(&node)));
    }

    #[test]
    fn a_name_tells_whether_the_program_knows_as_much_as_this_one() {
        assert!(!is_of_earlier_program(&of_process(&chain("node-1"), [0xff; 4])));
        for (name, is_earlier) in [
            ("zonemint node-1/5f0c11d2", true),
            ("zonemint node-1", true),
            ("zonemint node-1/h0c11d23", false),
            ("psql", false),
            ("zonemintish", false),
        ] {
            assert_eq!(is_of_earlier_program(name), is_earlier, "{name}");
        }
    }

    #[test]
    fn the_server_keeps_the_whole_name_of_the_longest_node() {
        for length in [1, LONGEST, LONGEST + 1, Chain::LONGEST] {
            assert!(of_process(&chain(&"n".repeat(length)), [0xff; 4]).len() <= KEPT, "{length}");
        }
        let long = "n".repeat(Chain::LONGEST - 1);
        assert_ne!(of_node(&chain(&format!("{long}1"))), of_node(&chain(&format!("{long}2"))));
    }
}
