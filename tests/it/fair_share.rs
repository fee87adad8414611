//! What one client can take of the machine: memory, connections, time at the end.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use zonemint::config::Config;

use crate::support::raw::{
    self, ACK, DATA, END_STREAM, Frame, HEADERS, PING, RST_STREAM, Raw, SETTINGS, WINDOW_UPDATE,
};
use crate::support::{PASSWORD, Program, TestServer};

/// Anybody may ask it, and it reads the body first.
const PATH: &str = "/api/v3/onezone/tokens/verify_access_token";
const MINT: &str = "/api/v3/onezone/user/client_tokens";

/// Runs what blocks on a thread of its own, and gives it a minute: longer than anything here takes on a machine that is busy.
async fn blocking<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(what()));
    tokio::time::timeout(Duration::from_mins(1), done).await.expect("it ends").expect("it does not panic")
}

fn connect(server: &TestServer, alpn: &[u8]) -> Raw {
    raw::connect(&server.config.tls.files().certificate, server.port(), alpn)
}

fn connect_http2(server: &TestServer) -> Raw {
    raw::connect_http2(&server.config.tls.files().certificate, server.port())
}

/// Opens streams, and sends on each as much of a body as the server lets be sent, but never its end. Stays open for as long as
/// it is kept; gives how many streams were answered.
fn leave_bodies_unfinished(stream: &mut Raw, streams: u32, length: usize) -> usize {
    let ids: Vec<u32> = (0..streams).map(|number| 2 * number + 1).collect();
    let mut bytes = Vec::new();
    for id in &ids {
        Frame::post(*id, PATH).append_to(&mut bytes);
    }
    stream.write_all(&bytes).unwrap();
    let mut left: Vec<usize> = vec![length; ids.len()];
    let mut answered = vec![false; ids.len()];
    let mut window: i64 = 65_535;
    // The server's word that it has read everything is its answer to a PING that follows it.
    let mut asked = false;
    loop {
        for (at, id) in ids.iter().enumerate() {
            while left[at] > 0 && !answered[at] && window > 0 {
                let size = left[at].min(4096).min(usize::try_from(window).unwrap());
                Frame::new(DATA, 0, *id, vec![b' '; size]).write(stream).unwrap();
                left[at] -= size;
                window -= i64::try_from(size).unwrap();
            }
        }
        let all_sent = left.iter().zip(&answered).all(|(left, answered)| *left == 0 || *answered);
        if all_sent && !asked {
            asked = true;
            Frame::new(PING, 0, 0, *b"all sent").write(stream).unwrap();
        }
        let frame = Frame::read(stream).unwrap();
        match frame.kind {
            WINDOW_UPDATE if frame.stream == 0 => {
                window += i64::from(u32::from_be_bytes(frame.payload[..4].try_into().unwrap()));
            }
            SETTINGS if frame.flags & ACK == 0 => Frame::new(SETTINGS, ACK, 0, []).write(stream).unwrap(),
            PING if frame.flags & ACK != 0 => return answered.iter().filter(|answered| **answered).count(),
            HEADERS => answered[usize::try_from(frame.stream / 2).unwrap()] = true,
            _ => {}
        }
    }
}

/// 60 connections of unfinished bodies took 609 MB.
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_bodies_take_a_bounded_part_of_the_memory_and_give_it_back() {
    const MOST_KIB: u64 = 100_000_000 / 1024;
    /// Of it, what may be left. The allocator of the C library keeps some for the next requests.
    const LEFT: u64 = MOST_KIB / 3;
    const WHOLE: &str = "33554432";
    // One address, and as many as there can be. Of the latter the C library's allocator keeps most for the next time.
    for of_one_address in ["8388608", WHOLE] {
        let environment =
            [("ZONEMINT_ADMIN_PASSWORD", PASSWORD), ("ZONEMINT_HTTP__BODY_MEMORY_PER_ADDRESS", of_one_address)];
        let program = Program::start_in(tempfile::tempdir().unwrap(), &environment);
        let idle = program.memory_kib("VmRSS:");
        let (certificate, port) = (program.certificate(), program.port);
        let attack = blocking(move || {
            let attack = || {
                let mut stream = raw::connect_http2(&certificate, port);
                let refused = leave_bodies_unfinished(&mut stream, 128, 65_000);
                (stream, refused)
            };
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..60).map(|_| scope.spawn(attack)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            })
        });
        let attack = attack.await;
        let peak = program.memory_kib("VmHWM:");
        let refused: usize = attack.iter().map(|(_, refused)| refused).sum();
        assert!((1..60 * 128).contains(&refused), "{refused} refused");
        assert!(peak - idle <= MOST_KIB, "idle {idle} KiB, peak {peak} KiB");
        drop(attack);
        if of_one_address != WHOLE {
            let given_back = async {
                while program.memory_kib("VmRSS:") > idle + LEFT {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let given_back = tokio::time::timeout(Duration::from_secs(30), given_back).await;
            assert!(given_back.is_ok(), "idle {idle} KiB, peak {peak} KiB, after {} KiB", program.memory_kib("VmRSS:"));
        }
    }
}

/// Bodies of 1 KiB, heads of 1 KiB: memory for two of them and what they take themselves.
fn little_memory(config: &mut Config) {
    config.http.max_body = 1024;
    config.http.max_headers = 1024;
    config.http.body_memory = 0;
    config.http.body_memory_per_address = 0;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_there_is_no_memory_for_is_answered_503_until_others_are_done() {
    let server = TestServer::start_with(little_memory).await;
    let mut held = connect_http2(&server);
    let held = blocking(move || {
        for stream in [1, 3, 5, 7] {
            Frame::post(stream, PATH).write(&mut held).unwrap();
            Frame::new(DATA, 0, stream, vec![b' '; 1000]).write(&mut held).unwrap();
        }
        // Two wait for the rest of their bodies.
        for _ in 0..2 {
            while Frame::read(&mut held).unwrap().kind != HEADERS {}
        }
        held
    })
    .await;
    let post = || server.request("POST", "/tokens/verify_access_token").body("x".repeat(1000));
    let answer = server.send(post()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{answer:?}");
    assert_eq!(server.send(server.get("/healthz")).await.status, 200, "what has no body is answered");
    let mut little = connect(&server, b"http/1.1");
    let answer = blocking(move || {
        let fields = "host: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n";
        write!(little, "POST {PATH} HTTP/1.1\r\n{fields}{{}}").unwrap();
        let mut start = [0; 12];
        little.read_exact(&mut start).unwrap();
        start
    })
    .await;
    assert_eq!(&answer, b"HTTP/1.1 400", "so little counts as its connection");
    drop(held);
    let freed = async { while server.send(post()).await.status == 503 {} };
    tokio::time::timeout(Duration::from_mins(1), freed).await.expect("the memory is given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_http1_that_never_reads_is_closed() {
    let server = TestServer::start_with(|config| {
        config.server.header_timeout = "200ms".parse().unwrap();
        config.server.max_connections = 1;
    })
    .await;
    let mut stream = connect(&server, b"http/1.1");
    blocking(move || {
        let requests = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
        while stream.write_all(requests.as_bytes()).is_ok() {}
    })
    .await;
    let place = async { while server.get("/healthz").send().await.is_err() {} };
    tokio::time::timeout(Duration::from_mins(1), place).await.expect("its place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_http2_without_requests_is_closed_whatever_else_it_carries() {
    let server = TestServer::start_with(|config| config.server.idle_timeout = "200ms".parse().unwrap()).await;
    let mut stream = connect_http2(&server);
    blocking(move || {
        let ping = Frame::new(PING, 0, 0, *b"is there");
        let mut carried = ping.write(&mut stream);
        while carried.is_ok() {
            carried = match Frame::read(&mut stream) {
                Ok(frame) if frame.kind == PING && frame.flags & ACK != 0 => ping.write(&mut stream),
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            };
        }
    })
    .await;
}

/// A client that sends all of a request before it reads lost the answer, as the connection was reset.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_request_that_is_too_long_arrives() {
    let server = TestServer::start().await;
    let rows = [
        (format!("POST {MINT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4000000\r\n\r\n"), "401"),
        (format!("POST {MINT} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3d0900\r\n"), "401"),
        ("GET / HTTP/1.1\r\nhost: localhost\r\nx: ".to_owned(), "431"),
    ];
    for (head, status) in rows {
        for _ in 0..5 {
            let (mut stream, head) = (connect(&server, b"http/1.1"), head.clone());
            let answer = blocking(move || {
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&vec![b'x'; 4_000_000]).expect("it may be sent to its end");
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer);
                String::from_utf8(answer).unwrap()
            })
            .await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer:?}");
        }
    }
}

/// curl 7.88 shows an error in the place of an answer, when the stream is reset before it has sent the body.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_http2_that_comes_before_the_body_is_not_followed_by_a_reset() {
    let server = TestServer::start().await;
    let mut stream = connect_http2(&server);
    blocking(move || {
        for id in [1, 3] {
            Frame::post(id, MINT).write(&mut stream).unwrap();
            while !Frame::read(&mut stream).unwrap().ends(id) {}
            for end in [0, END_STREAM] {
                Frame::new(DATA, end, id, *b"{}").write(&mut stream).unwrap();
                Frame::new(PING, 0, 0, *b"is there").write(&mut stream).unwrap();
                let mut frame = Frame::read(&mut stream).unwrap();
                while frame.kind != PING {
                    assert_ne!(frame.kind, RST_STREAM, "{frame:?}");
                    frame = Frame::read(&mut stream).unwrap();
                }
            }
        }
    })
    .await;
}

/// A body that cannot be read to its end, as it is too long or comes too slowly.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_stops_sending_is_answered_and_closed() {
    let server = TestServer::start().await;
    for length in [1, 16 << 10] {
        let mut stream = connect(&server, b"http/1.1");
        let answer = blocking(move || {
            let head = format!("POST {MINT} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.sock.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            let chunk = format!("{length:x}\r\n{}\r\n", "x".repeat(length));
            let (mut answer, mut part) = (Vec::new(), [0; 4 << 10]);
            while stream.write_all(chunk.as_bytes()).is_ok() {
                answer.extend(stream.read(&mut part).map(|read| &part[..read]).unwrap_or_default());
            }
            String::from_utf8(answer).unwrap()
        })
        .await;
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("connection: close"), "{length}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_client_of_http2_that_does_not_read_does_not_hold_a_stop() {
    let server = TestServer::start_with(|config| config.server.drain = "1h".parse().unwrap()).await;
    let mut stream = connect_http2(&server);
    let stream = blocking(move || {
        Frame::post(1, MINT).write(&mut stream).unwrap();
        while Frame::read(&mut stream).unwrap().kind != HEADERS {}
        stream
    })
    .await;
    tokio::time::timeout(Duration::from_mins(1), server.stop()).await.expect("it stops");
    drop(stream);
}

/// Whether a connection is let in, after bytes that come before the handshake.
async fn is_let_in(server: &TestServer, before: &'static [u8]) -> Option<Raw> {
    let mut stream = connect(server, b"http/1.1");
    blocking(move || {
        stream.sock.write_all(before).unwrap();
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).ok()?;
        }
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").ok()?;
        stream.read_exact(&mut [0; 12]).ok()?;
        Some(stream)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_part_of_the_connections_and_proxies_have_none() {
    const NONE: &[u8] = b"";
    const FROM_192_0_2_7: &[u8] =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\x7f\x00\x00\x01\x30\x39\x20\xfb";
    const FROM_192_0_2_8: &[u8] =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x08\x7f\x00\x00\x01\x30\x39\x20\xfb";
    let few = |config: &mut Config| config.server.max_connections_per_address = 2;
    let server = TestServer::start_with(few).await;
    let held = [is_let_in(&server, NONE).await.unwrap(), is_let_in(&server, NONE).await.unwrap()];
    assert!(is_let_in(&server, NONE).await.is_none());
    drop(held);
    let again = async { while is_let_in(&server, NONE).await.is_none() {} };
    tokio::time::timeout(Duration::from_mins(1), again).await.expect("what was closed is free again");

    let forwarding = TestServer::start_with(|config| {
        few(config);
        config.http.trusted_proxies = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(is_let_in(&forwarding, NONE).await.expect("a proxy's connections are others'"));
    }

    let announcing = TestServer::start_with(|config| {
        few(config);
        config.server.proxy_protocol_from = vec!["127.0.0.1".to_owned()];
    })
    .await;
    for _ in 0..2 {
        held.push(is_let_in(&announcing, FROM_192_0_2_7).await.unwrap());
    }
    assert!(is_let_in(&announcing, FROM_192_0_2_7).await.is_none());
    assert!(is_let_in(&announcing, FROM_192_0_2_8).await.is_some());
}

/// A connection of a request that was answered.
fn ask(certificate: &Path, port: u16) -> std::io::Result<Raw> {
    let mut stream = raw::connect(certificate, port, b"http/1.1");
    stream.sock.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    stream.read_exact(&mut [0; 12])?;
    Ok(stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_too_few_descriptors_says_so_and_keeps_some_for_itself() {
    let script = r#"ulimit -n 100; exec "$@""#;
    let program = Program::start_by(script, &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    let (certificate, port) = (program.certificate(), program.port);
    let held = blocking(move || {
        let mut held = Vec::new();
        while let Ok(stream) = ask(&certificate, port) {
            held.push(stream);
        }
        held
    })
    .await;
    assert_eq!(held.len(), 45, "nine tenths of the half of 100, from one address");
    let logged = |text: &'static str| program.log().contains(text);
    assert!(logged("fewer connections are accepted"), "{}", program.log());
    let refused = async {
        while !logged("connections are refused: server.max_connections_per_address are open") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), refused).await.expect("what is refused is logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptors_that_run_out_are_logged_but_not_for_each_connection() {
    let program = Program::start();
    let lowered = Command::new("prlimit").args(["--nofile=5:5", "--pid", &program.id().to_string()]).status().unwrap();
    assert!(lowered.success());
    // Connected by the system, and never accepted.
    let waiting: Vec<_> = (0..5).map(|_| std::net::TcpStream::connect(("127.0.0.1", program.port)).unwrap()).collect();
    let logged = || program.log().matches("no file descriptor is left").count();
    let told = async {
        while logged() == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), told).await.expect("it is logged");
    drop(waiting);
    assert_eq!(logged(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_does_not_keep_the_program_from_ending() {
    // The reader lives as long as the program, and reads nothing.
    let script = r#"exec "$@" 2> >(exec tail --pid=$$ -f /dev/null >/dev/null)"#;
    let program = Program::start_by(script, &[("ZONEMINT_ADMIN_PASSWORD", PASSWORD)]);
    let (certificate, port) = (program.certificate(), program.port);
    let (_, code, _) = blocking(move || {
        let mut stream = ask(&certificate, port).unwrap();
        // More lines than a pipe holds.
        for _ in 0..1_500 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            let mut last = [0];
            while last != *b"}" {
                stream.read_exact(&mut last).unwrap();
            }
        }
        drop(stream);
        program.stop()
    })
    .await;
    assert_eq!(code, Some(0));
}
