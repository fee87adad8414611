//! Long lists of texts, sent page by page to save memory.
//!
//! A page is read when the one before it has been taken over by the connection, which takes no more than its buffers hold. So the
//! memory of an answer is about two pages, however long the list is, and a client that stops reading stops the reading. Nothing of the
//! store is held in between. The connection's own timeouts end it (`zonemint-serve`). HTTP/1.1 and HTTP/2 both show an answer that is cut
//! off: the last chunk is missing, or the stream is reset, and the JSON has no end.
//!
//! A list is no snapshot. Its cursor is the key of the list's order, which nothing changes: what exists throughout is listed once; what
//! is added or ends meanwhile may be listed or not.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};

use super::error::ApiError;
use zonemint_telemetry::error_chain;

/// One page of a list, and the cursor of the next.
pub(super) struct Page<C> {
    /// Texts that need no escaping in JSON: ids and tokens.
    pub(super) texts: Vec<String>,
    /// None for the last page.
    pub(super) next: Option<C>,
}

struct Rest<C> {
    from: C,
    separator: &'static str,
}

/// 200 with `{"<key>":["…",…]}`. `read` returns the page that starts at a cursor, or the first page, and is given `with`. A
/// failure after the first page cuts the answer off.
pub(super) async fn list<W, C, R, F>(key: &str, with: W, read: R) -> Result<Response, ApiError>
where
    W: Send + Sync + 'static,
    C: Send + 'static,
    R: Fn(Arc<W>, Option<C>) -> F + Send + 'static,
    F: Future<Output = Result<Page<C>, ApiError>> + Send,
{
    let with = Arc::new(with);
    let read = move |from| read(Arc::clone(&with), from);
    let Page { texts, next } = read(None).await?;
    let start = format!(r#"{{"{key}":[{}"#, quoted(&texts));
    let Some(from) = next else {
        return Ok(([(CONTENT_TYPE, "application/json")], start + "]}").into_response());
    };
    let rest = Rest { from, separator: if texts.is_empty() { "" } else { "," } };
    let pages = stream::try_unfold((Some(rest), read), |(rest, read)| async move {
        let Some(Rest { from, separator }) = rest else { return Ok(None) };
        let Page { texts, next } = read(Some(from)).await.map_err(BrokenOff::of)?;
        let (lead, separator) = if texts.is_empty() { ("", separator) } else { (separator, ",") };
        let end = if next.is_some() { "" } else { "]}" };
        let chunk = Bytes::from(format!("{lead}{}{end}", quoted(&texts)));
        Ok::<_, BrokenOff>(Some((chunk, (next.map(|from| Rest { from, separator }), read))))
    });
    let whole = stream::iter([Ok(Bytes::from(start))]).chain(pages);
    Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(whole)).into_response())
}

/// A list that was cut off.
#[derive(Debug, thiserror::Error)]
#[error("a list could not be read to its end: {0:?}")]
struct BrokenOff(ApiError);

impl BrokenOff {
    /// The line of the request is written by now, so this one says why the answer has no end.
    fn of(error: ApiError) -> Self {
        let broken_off = Self(error);
        tracing::warn!(error = %error_chain(&broken_off), "an answer was cut off");
        broken_off
    }
}

fn quoted(texts: &[String]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(",")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    /// A list of `pages` pages with one text each, which counts how many were read. The page `broken` cannot be read.
    fn listed(pages: usize, broken: Option<usize>) -> (Arc<AtomicUsize>, Response) {
        let read = Arc::new(AtomicUsize::new(0));
        let list = list("texts", Arc::clone(&read), move |read, from: Option<usize>| async move {
            read.fetch_add(1, Ordering::Relaxed);
            let page = from.unwrap_or(0);
            if broken == Some(page) {
                return Err(ApiError::Overloaded);
            }
            Ok(Page { texts: vec![page.to_string()], next: Some(page + 1).filter(|next| *next < pages) })
        });
        (read, list.now_or_never().unwrap().unwrap())
    }

    #[test]
    fn a_page_is_read_when_the_one_before_is_taken() {
        let (read, answer) = listed(1_000, None);
        let mut body = answer.into_body();
        assert_eq!(read.load(Ordering::Relaxed), 1, "so that an error of the first page has a status");
        let mut bytes = Vec::new();
        for taken in 1..=1_000 {
            let frame = body.frame().now_or_never().unwrap().unwrap().unwrap();
            bytes.extend(frame.into_data().unwrap());
            assert_eq!(read.load(Ordering::Relaxed), taken, "no page is read ahead");
        }
        assert!(body.frame().now_or_never().unwrap().is_none());
        let texts: Vec<_> = (0..1_000).map(|page: usize| page.to_string()).collect();
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), json!({ "texts": texts }));
    }

    #[test]
    fn a_list_that_breaks_off_is_no_whole_json() {
        let (read, answer) = listed(9, Some(2));
        let mut body = answer.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().now_or_never().unwrap() {
            let Ok(frame) = frame else { break };
            bytes.extend(frame.into_data().unwrap());
        }
        assert_eq!((&*bytes, read.load(Ordering::Relaxed)), (&br#"{"texts":["0","1""#[..], 3));
    }
}
