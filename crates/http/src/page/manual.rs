//! The manual at `/manual`: the pages of `docs/manual` as HTML, for people who have the server and not its source.
//!
//! A page is Markdown. Its first line is its title. A link to a page names its file, as `keys.md#over-http`. A drawing is an image on a
//! line of its own, as `![what it shows](growth-embedded.svg)`.
//!
//! Where the next thing goes: a page is a file in `docs/manual/`, and a line in [`PAGES`].

use std::sync::LazyLock;

use axum::Router;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use super::serve::{PAGE, serve};
use crate::state::SharedServices;
use crate::static_asset::StaticAsset;

/// A page's name, and its file.
struct Page(&'static str, &'static str);

macro_rules! pages {
    ($($name:ident),+ $(,)?) => {
        [$(Page(stringify!($name), include_str!(concat!("../../../../docs/manual/", stringify!($name), ".md")))),+]
    };
}

/// In the order of the contents. The first one is the manual's own address.
static PAGES: &[Page] = &pages![
    first_steps, troubleshooting, users, administrators, integrators, examples, api, commands, console, caveats, keys,
    audit, keeping, monitoring, oauth, clients, proxies, shared_store, database, how_it_works, differences,
];

/// The drawings, by the names of their files.
static DRAWINGS: [(&str, &str); 2] = [
    ("growth-embedded.svg", include_str!("../../../../docs/manual/growth-embedded.svg")),
    ("growth-postgresql.svg", include_str!("../../../../docs/manual/growth-postgresql.svg")),
];

impl Page {
    /// The title, and what follows it.
    fn parts(&self) -> (&'static str, &'static str) {
        self.1.strip_prefix("# ").and_then(|text| text.split_once('\n')).unwrap_or((self.0, self.1))
    }
}

/// The pages, rendered when the first one is asked for.
static RENDERED: LazyLock<Vec<StaticAsset>> =
    LazyLock::new(|| PAGES.iter().map(|page| StaticAsset::new(PAGE, render(page))).collect());

pub(super) fn routes() -> Router<SharedServices> {
    PAGES
        .iter()
        .enumerate()
        .fold(Router::new(), |router, (at, page)| router.route(&path(page.0), serve(move || &RENDERED[at])))
}

fn path(name: &str) -> String {
    if PAGES.first().is_some_and(|page| page.0 == name) { "/manual".to_owned() } else { format!("/manual/{name}") }
}

fn render(page: &Page) -> String {
    let (title, text) = page.parts();
    let links = PAGES.iter().map(|other| {
        let current = if other.0 == page.0 { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{}\"{current}>{}</a></li>\n", path(other.0), other.parts().0)
    });
    let links: String = links.collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} – zonemint</title>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"/console/mark.svg\">\n\
         <script src=\"/console/theme.js\"></script>\n\
         <link rel=\"stylesheet\" href=\"/console/base.css\">\n<link rel=\"stylesheet\" href=\"/console/manual.css\">\n\
         </head>\n<body class=\"manual\">\n<a class=\"skip\" href=\"#page\">To the page</a>\n\
         <header><a href=\"/\">zonemint</a> <span>Manual</span></header>\n\
         <nav aria-label=\"Pages of the manual\"><ul>\n{links}</ul></nav>\n\
         <main id=\"page\" tabindex=\"-1\">\n<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
        body(text)
    )
}

fn body(text: &str) -> String {
    let markdown = text.lines().map(drawn).collect::<Vec<_>>().join("\n");
    let mut events: Vec<Event<'_>> = Parser::new_ext(&markdown, Options::ENABLE_TABLES).collect();
    for event in &mut events {
        if let Event::Start(Tag::Link { dest_url, .. }) = event {
            *dest_url = address(dest_url).into();
        }
    }
    name_headings(&mut events);
    let mut html = String::new();
    html::push_html(&mut html, framed(events));
    // Lines that are cut off can be scrolled by keyboard. In a text the character would be written as an entity.
    html.replace("<pre>", "<pre tabindex=\"0\">")
}

/// A line of a page; the drawing itself where the line is one.
fn drawn(line: &str) -> &str {
    let image = line.strip_prefix("![").and_then(|rest| rest.strip_suffix(')'));
    let name = image.and_then(|image| image.split_once("](")).map(|(_, name)| name);
    DRAWINGS.iter().find(|(known, _)| Some(*known) == name).map_or(line, |(_, drawing)| drawing)
}

/// Where a link leads here: a page's file is a path of the server.
fn address(link: &str) -> String {
    let (file, part) = link.find('#').map_or((link, ""), |at| link.split_at(at));
    let page = PAGES.iter().find(|page| file.strip_suffix(".md") == Some(page.0));
    page.map_or_else(|| link.to_owned(), |page| path(page.0) + part)
}

/// Gives headings their ids, so that a part of a page can be linked to.
fn name_headings(events: &mut [Event<'_>]) {
    for at in 0..events.len() {
        let text: String = events[at..]
            .iter()
            .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[at] {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            *id = Some(words.collect::<Vec<_>>().join("-").to_lowercase().into());
        }
    }
}

/// Frames tables, so that a wide table scrolls and not the page, by keyboard too.
fn framed(events: Vec<Event<'_>>) -> impl Iterator<Item = Event<'_>> {
    let mut tables = 0;
    events.into_iter().flat_map(move |event| match event {
        Event::Start(Tag::Table(_)) => {
            tables += 1;
            let open = format!("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table {tables}\">\n");
            vec![Event::Html(open.into()), event]
        }
        Event::End(TagEnd::Table) => vec![event, Event::Html("</div>\n".into())],
        event => vec![event],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_file_leads_to_its_page_and_others_stay() {
        let html = body(
            "[a](keys.md#over-http), [b](first_steps.md#start), [c](audit.md), [d](#here), [e](https://e.org/e.md)\n",
        );
        let expected = "<p><a href=\"/manual/keys#over-http\">a</a>, <a href=\"/manual#start\">b</a>, \
                        <a href=\"/manual/audit\">c</a>, <a href=\"#here\">d</a>, <a href=\"https://e.org/e.md\">e</a></p>\n";
        assert_eq!(html, expected);
    }

    #[test]
    fn headings_can_be_linked_to() {
        assert_eq!(body("## What `it` costs\n"), "<h2 id=\"what-it-costs\">What <code>it</code> costs</h2>\n");
    }

    #[test]
    fn a_drawing_stands_in_the_page_itself() {
        let html = body("Before\n\n![how it grows](growth-embedded.svg)\n\nAfter\n");
        assert!(html.starts_with("<p>Before</p>\n<svg ") && html.ends_with("</svg>\n<p>After</p>\n"), "{html}");
    }

    #[test]
    fn every_page_is_whole() {
        for page in PAGES {
            let html = render(page);
            assert!(page.1.starts_with("# ") && html.contains("<p>"), "{}", page.0);
            // A file that is no page, and a drawing that is not in the list.
            assert!(!html.contains(".md\"") && !html.contains(".md#") && !html.contains("<img"), "{}", page.0);
        }
    }
}
