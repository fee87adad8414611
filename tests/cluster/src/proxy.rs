//! A stretch of network between a node and a database server, which can be slow, silent or cut.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// How the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Open,
    /// Each byte arrives this much later.
    Slow(Duration),
    /// Nothing arrives, and no side gets an error.
    Silent,
    /// Connections are closed, and new ones at once.
    Cut,
}

/// Chunks under way in one direction.
const UNDER_WAY: usize = 1_024;

pub struct Proxy {
    pub port: u16,
    mode: watch::Sender<Mode>,
}

impl Proxy {
    /// Passes connections on to a port of this machine.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (mode, watched) = watch::channel(Mode::Open);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(stream, port, watched.clone()));
            }
        });
        Self { port: own, mode }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

/// Both halves of both connections go when this is given up, which closes them.
async fn carry(near: TcpStream, port: u16, mut mode: watch::Receiver<Mode>) {
    let mut watched = mode.clone();
    let passing = async {
        flows(&mut watched).await;
        // A server that is not there refuses; so does this.
        let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
        near.set_nodelay(true).unwrap();
        far.set_nodelay(true).unwrap();
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        tokio::join!(pump(near_in, far_out, watched.clone()), pump(far_in, near_out, watched));
    };
    tokio::select! {
        () = passing => {}
        _ = mode.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

/// Waits while the network is silent; tells the delay.
async fn flows(mode: &mut watch::Receiver<Mode>) -> Duration {
    match mode.wait_for(|mode| *mode != Mode::Silent).await.map(|mode| *mode) {
        Ok(Mode::Slow(delay)) => delay,
        _ => Duration::ZERO,
    }
}

/// One direction of a connection, until either side ends it.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut mode: watch::Receiver<Mode>) {
    let (sender, mut chunks) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let read = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now(), buffer[..length].to_vec())).await.is_err() {
                break;
            }
        }
        drop(sender);
    };
    let write = async {
        while let Some((read_at, chunk)) = chunks.recv().await {
            let delay = flows(&mut mode).await;
            until(read_at + delay).await;
            flows(&mut mode).await;
            if to.write_all(&chunk).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
        chunks.close();
    };
    tokio::join!(read, write);
}

#[expect(clippy::disallowed_methods, reason = "the delay itself is what is wanted")]
async fn until(moment: Instant) {
    tokio::time::sleep_until(moment.into()).await;
}
