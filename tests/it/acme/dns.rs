//! A DNS server that knows one address, and which names have it.

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// What is answered when a name is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// That it is 127.0.0.1.
    Here,
    /// That there is no such name.
    NoSuchName,
    /// Nothing at all.
    Silence,
}

pub struct Dns {
    pub address: SocketAddr,
    says: Arc<Mutex<Says>>,
}

/// Where the question begins (RFC 1035 section 4.1.1).
const HEADER: usize = 12;
/// A record of type A has this number, in the question.
const A: [u8; 2] = [0, 1];

impl Dns {
    pub fn start(says: Says) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let says = Arc::new(Mutex::new(says));
        let theirs = Arc::clone(&says);
        // It ends with the process.
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                let says = *theirs.lock().unwrap();
                if let Some(answer) = answer(&query[..length], says) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Self { address, says }
    }

    pub fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }
}

/// An answer to a query with one question, about any name.
fn answer(query: &[u8], says: Says) -> Option<Vec<u8>> {
    let name = query.get(HEADER..)?.iter().position(|byte| *byte == 0)?;
    let end = HEADER + name + 5;
    let question = query.get(HEADER..end)?;
    let has_address = says == Says::Here && question[name + 1..name + 3] == A;
    let code = match says {
        Says::Here => 0,
        Says::NoSuchName => 3,
        Says::Silence => return None,
    };
    let mut answer = query[..2].to_vec();
    answer.extend([0x84 | (query[2] & 1), 0x80 | code, 0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(question);
    if has_address {
        // The name of the question, type A, class IN, a second, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}
