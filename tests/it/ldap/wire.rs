//! A directory that breaks the protocol, in a test's hands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use zonemint_ldap::{ServerUrl, Settings};

use super::stand::with_server;
use crate::support::identity::Identity;
use crate::support::slapd::SERVICE;

pub const ID: &str = "0c3f5a3e-94a2-103f-8f4b-7d5b1b2c3d4e";
const DN: &str = "uid=joe,ou=people,dc=zone,dc=test";

/// What the server answers to a user's bind.
#[derive(Clone)]
pub enum OnBind {
    /// A whole answer but for its message's id.
    Answer(Vec<u8>),
    /// The same, after which the connection is closed.
    AnswerAndClose(Vec<u8>),
    /// None, and the connection stays open.
    Silence,
    /// None, and the connection is closed.
    Close,
    /// A refusal when the test says so.
    RefuseWhenTold(Arc<Notify>),
}

/// What it answers to a search: the operations, each without the message's id.
pub type OnSearch = Vec<Vec<u8>>;

/// What came on one connection: `service`, `user` or `search`.
type Asked = Vec<&'static str>;

/// A server without TLS.
#[derive(Clone)]
pub struct Wire {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<Asked>>>,
    on_bind: Arc<Mutex<OnBind>>,
    on_search: Arc<Mutex<OnSearch>>,
}

impl Wire {
    /// One that finds joe, and lets him in with any password.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            on_bind: Arc::new(Mutex::new(OnBind::Answer(result(0x61, 0, b"")))),
            on_search: Arc::new(Mutex::new(vec![joe(), result(0x65, 0, b"")])),
        };
        let shared = wire.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut connections = shared.connections.lock().unwrap();
                    connections.push(Vec::new());
                    connections.len() - 1
                };
                tokio::spawn(serve(stream, shared.clone(), number));
            }
        });
        wire
    }

    pub fn on_bind(&self, on_bind: OnBind) {
        *self.on_bind.lock().unwrap() = on_bind;
    }

    pub fn on_search(&self, answers: OnSearch) {
        *self.on_search.lock().unwrap() = answers;
    }

    /// What came, by connection.
    pub fn connections(&self) -> Vec<Asked> {
        self.connections.lock().unwrap().clone()
    }

    /// How many passwords of users came.
    pub fn passwords(&self) -> usize {
        self.connections().iter().flatten().filter(|asked| **asked == "user").count()
    }

    pub fn url(&self) -> ServerUrl {
        ServerUrl::parse(&format!("ldap://{}", self.address)).unwrap().without_tls().unwrap()
    }
}

/// Settings for such servers, in this order. The file of authorities is never of use.
pub fn settings(wires: &[&Wire]) -> (Settings, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let ca: PathBuf = folder.path().join("ca.pem");
    std::fs::write(&ca, Identity::of_localhost().root).unwrap();
    let mut settings = with_server("ldap://127.0.0.1", ca);
    settings.servers = wires.iter().map(|wire| wire.url()).collect();
    (settings, folder)
}

async fn serve(mut stream: TcpStream, wire: Wire, number: usize) {
    while let Some(message) = read_message(&mut stream).await {
        let (id, operation) = (&message[..3], &message[3..]);
        let is_service = operation.windows(SERVICE.0.len()).any(|part| part == SERVICE.0.as_bytes());
        let asked = match operation[0] {
            0x60 if is_service => "service",
            0x60 => "user",
            0x63 => "search",
            _ => return,
        };
        wire.connections.lock().unwrap()[number].push(asked);
        let on_bind = wire.on_bind.lock().unwrap().clone();
        let closes = asked == "user" && matches!(on_bind, OnBind::AnswerAndClose(_));
        let answers = match (asked, on_bind) {
            ("service", _) => vec![result(0x61, 0, b"")],
            ("search", _) => wire.on_search.lock().unwrap().clone(),
            (_, OnBind::Answer(answer) | OnBind::AnswerAndClose(answer)) => vec![answer],
            (_, OnBind::Silence) => Vec::new(),
            (_, OnBind::Close) => return,
            (_, OnBind::RefuseWhenTold(told)) => {
                told.notified().await;
                vec![result(0x61, 49, b"")]
            }
        };
        for answer in answers {
            if stream.write_all(&tlv(0x30, &[id, &answer].concat())).await.is_err() {
                return;
            }
        }
        if closes {
            return;
        }
    }
}

/// The content of a message. Ids of these tests have one byte.
async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    assert_eq!(stream.read_u8().await.ok()?, 0x30);
    let length = match stream.read_u8().await.ok()? {
        0x81 => usize::from(stream.read_u8().await.ok()?),
        0x82 => usize::from(stream.read_u16().await.ok()?),
        length => usize::from(length),
    };
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.ok()?;
    Some(content)
}

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

/// A result with a text.
pub fn result(tag: u8, code: u8, text: &[u8]) -> Vec<u8> {
    tlv(tag, &[tlv(0x0a, &[code]), tlv(4, b""), tlv(4, text)].concat())
}

/// A found entry. Values of one attribute stand one after the other.
pub fn entry(dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let attribute = |same: &[(&str, &str)]| {
        let values = same.iter().flat_map(|(_, value)| tlv(4, value.as_bytes())).collect::<Vec<_>>();
        tlv(0x30, &[tlv(4, same[0].0.as_bytes()), tlv(0x31, &values)].concat())
    };
    let attributes = attributes.chunk_by(|one, other| one.0 == other.0).flat_map(attribute).collect::<Vec<_>>();
    tlv(0x64, &[tlv(4, dn.as_bytes()), tlv(0x30, &attributes)].concat())
}

pub fn joe() -> Vec<u8> {
    entry(DN, &[("entryUUID", ID), ("uid", "joe")])
}
