//! A page of another origin, as of a portal that signs its users in with the reference call.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Case, case};
use crate::server::{PASSWORD, USER};
use crate::stage::Stage;

pub const CASES: &[Case] = &[
    case!("a page of another origin gets a token with fetch, and uses it", signs_in),
    case!("a page of another origin is told of a wrong password in its script", wrong_password),
    case!("the console is not shown inside a page of another origin", framed),
];

const PAGE: &str = include_str!("front_end.html");

/// Serves the page until it is dropped.
struct FrontEnd {
    address: String,
    task: JoinHandle<()>,
}

impl FrontEnd {
    async fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/?server={server}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection));
            }
        });
        Self { address, task }
    }
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whatever is asked for, the page is the answer. A browser may also open a connection and ask for nothing.
async fn answer(connection: TcpStream) {
    let mut connection = BufReader::new(connection);
    let mut line = String::new();
    while connection.read_line(&mut line).await.is_ok_and(|length| length > 2) {
        line.clear();
    }
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/html; charset=utf-8";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{PAGE}", PAGE.len());
    let _ = connection.write_all(answer.as_bytes()).await;
    let _ = connection.shutdown().await;
}

async fn sign_in(stage: &Stage<'_>, front_end: &FrontEnd, password: &str) {
    stage.page.goto(&front_end.address).await;
    stage.page.write("#name", USER).await;
    stage.page.write("#password", password).await;
    stage.page.click("button").await;
}

async fn signs_in(stage: &Stage<'_>) {
    let front_end = FrontEnd::start(&stage.server.origin).await;
    sign_in(stage, &front_end, PASSWORD).await;
    stage.page.says("#told", "hello, Alice Nowak: ").await;
    let told = stage.page.text("#told").await;
    assert!(stage.server.accepts(told.rsplit_once(' ').unwrap().1).await);
}

async fn wrong_password(stage: &Stage<'_>) {
    let front_end = FrontEnd::start(&stage.server.origin).await;
    sign_in(stage, &front_end, "not-the-password").await;
    // A login box of the browser would hold the answer back until somebody closes it.
    stage.page.says("#told", "refused with 401").await;
}

async fn framed(stage: &Stage<'_>) {
    let front_end = FrontEnd::start(&stage.server.origin).await;
    let page = &stage.page;
    page.goto(&front_end.address).await;
    let script = "const done = arguments[arguments.length - 1];
        const frame = Object.assign(document.createElement('iframe'), { src: arguments[0] });
        frame.addEventListener('load', () => done(null));
        document.body.append(frame);";
    page.run_long::<()>(script, [format!("{}/", stage.server.origin).into()]).await;
    let complaints = page.complaints().await;
    assert!(complaints.iter().any(|one| one.contains("frame-ancestors")), "{complaints:#?}");
}
