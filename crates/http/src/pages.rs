//! Long lists of texts, sent page by page to save memory.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};

use super::error::ApiError;

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
        let Page { texts, next } = read(Some(from)).await.map_err(BrokenOff)?;
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

fn quoted(texts: &[String]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(",")
}
