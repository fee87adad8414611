//! The manual at `/manual`: the pages of [`crate::manual`] as HTML, for people who have the server and not its source.
//!
//! rustdoc renders the same files, and checks their links. What links to code there is plain here.
//!
//! Where the next thing goes: a page is a file in `docs/manual/`, a line there, and a line in [`PAGES`].

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Router;
use pulldown_cmark::{BrokenLink, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use super::serve;
use crate::http::state::SharedServices;
use crate::http::static_asset::StaticAsset;

/// A page's name, its title, and its file.
struct Page(&'static str, &'static str, &'static str);

macro_rules! pages {
    ($($name:ident $title:literal),+ $(,)?) => {
        [$(Page(stringify!($name), $title, include_str!(concat!("../../../docs/manual/", stringify!($name), ".md")))),+]
    };
}

/// In the order of the contents. The first one is the manual's own address.
static PAGES: &[Page] = &pages![
    first_steps "First steps",
    troubleshooting "When something goes wrong",
    users "For users",
    administrators "For administrators",
    integrators "For integrators",
    examples "Examples",
    api "The API",
    commands "Commands",
    console "The console",
    caveats "Caveats",
    keys "Keys",
    audit "The audit trail",
    keeping "Backup, restore, tidying",
    monitoring "Monitoring",
    oauth "OAuth and the grid",
    clients "Clients and libraries",
    proxies "Proxies",
    shared_store "Several nodes",
    database "The database's address",
    how_it_works "How it works",
    differences "Differences from Onezone",
];

macro_rules! included {
    ($($file:literal),+ $(,)?) => {
        [$(($file, include_str!(concat!("../../../docs/manual/", $file)))),+]
    };
}

/// Drawings, tables and programs that pages take in by `#![doc = include_str!("…")]`.
static INCLUDED: &[(&str, &str)] = &included![
    "clients_tables.md", "examples/FirstToken.java", "examples/first_token.go", "examples/first_token.mjs",
    "examples/first_token.py", "growth-embedded.svg", "growth-postgresql.svg",
];

/// The pages, rendered when the first one is asked for.
static RENDERED: LazyLock<Vec<StaticAsset>> =
    LazyLock::new(|| PAGES.iter().map(|page| StaticAsset::new(super::PAGE, render(page))).collect());

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
    let Page(name, title, source) = page;
    let links = PAGES.iter().map(|other| {
        let current = if other.0 == *name { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{}\"{current}>{}</a></li>\n", path(other.0), other.1)
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
        body(source)
    )
}

/// The HTML of what stands in the `//!` lines of a file.
fn body(source: &str) -> String {
    let markdown = markdown(source);
    let mut resolve = |link: BrokenLink<'_>| Some((CowStr::from(target(&link.reference)), CowStr::from("")));
    let parser = Parser::new_with_broken_link_callback(&markdown, Options::ENABLE_TABLES, Some(&mut resolve));
    let mut events: Vec<Event<'_>> = parser.map(shifted).collect();
    name_headings(&mut events);
    let mut bare = Vec::new();
    events.retain(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => {
            bare.push(dest_url.is_empty());
            !dest_url.is_empty()
        }
        Event::End(TagEnd::Link) => !bare.pop().unwrap_or_default(),
        _ => true,
    });
    let mut html = String::new();
    html::push_html(&mut html, framed(events));
    // Lines that are cut off can be scrolled by keyboard. In a text the character would be written as an entity.
    html.replace("<pre>", "<pre tabindex=\"0\">")
}

fn markdown(source: &str) -> String {
    let mut markdown = String::new();
    for line in source.lines() {
        if let Some(text) = line.strip_prefix("//!") {
            markdown.push_str(text.strip_prefix(' ').unwrap_or(text));
            markdown.push('\n');
        } else if let Some(name) = line.strip_prefix("#![doc = include_str!(\"").and_then(|rest| rest.split('"').next())
        {
            let text = INCLUDED.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
            // Inside of a block of code there are no lines that the file does not have.
            let is_code = markdown.lines().filter(|line| line.starts_with("```")).count() % 2 == 1;
            let around = if is_code { "" } else { "\n" };
            let _ = writeln!(markdown, "{around}{}{around}", text.trim());
        }
    }
    markdown
}

/// Where a link of rustdoc's leads here: to a page or a part of it, or nowhere.
fn target(reference: &str) -> String {
    let name = reference.trim_matches('`');
    let name = name.strip_prefix("super::").or_else(|| name.strip_prefix("crate::manual::")).unwrap_or(name);
    let (name, part) = name.find('#').map_or((name, ""), |at| name.split_at(at));
    PAGES.iter().find(|page| page.0 == name).map_or_else(String::new, |page| path(page.0) + part)
}

/// The title is the one heading of the first level. Links by path are resolved like those by name.
fn shifted(event: Event<'_>) -> Event<'_> {
    let lower = |level| match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        _ => HeadingLevel::H4,
    };
    match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, id })
            if dest_url.contains("::") || !dest_url.contains([':', '/', '#']) =>
        {
            Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url: target(&dest_url).into(), title, id })
        }
        event => event,
    }
}

/// So that a part of a page can be linked to, as rustdoc has it.
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

/// A wide table scrolls by itself, not the page; by keyboard too.
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
    fn what_rustdoc_links_leads_to_a_page_or_nowhere() {
        let html = body("//! See [`keys`], [the trail](super::audit) and [`crate::token::Keyring`].\n");
        let expected = "<p>See <a href=\"/manual/keys\"><code>keys</code></a>, <a href=\"/manual/audit\">the trail</a> and \
                        <code>crate::token::Keyring</code>.</p>\n";
        assert_eq!(html, expected);
    }

    #[test]
    fn a_link_to_a_part_of_a_page_leads_there() {
        let html = body("//! [a](super::keys#over-http), [b](super::first_steps#start), [c](#here)\n");
        let expected = "<p><a href=\"/manual/keys#over-http\">a</a>, <a href=\"/manual#start\">b</a>, <a href=\"#here\">c</a></p>\n";
        assert_eq!(html, expected);
    }

    #[test]
    fn headings_are_one_level_lower_and_can_be_linked_to() {
        assert_eq!(body("//! # What `it` costs\n"), "<h2 id=\"what-it-costs\">What <code>it</code> costs</h2>\n");
    }

    #[test]
    fn drawings_tables_and_programs_are_taken_in() {
        let html =
            body("//! | a | b |\n//! |---|---|\n//! | 1 | 2 |\n//!\n#![doc = include_str!(\"growth-embedded.svg\")]\n");
        assert!(html.contains("<td>1</td>") && html.contains("<svg"), "{html}");
        let html = body("//! ```go\n#![doc = include_str!(\"examples/first_token.go\")]\n//! ```\n//! Text\n");
        assert!(html.contains("\">// Gets a token") && html.ends_with("}\n</code></pre>\n<p>Text</p>\n"), "{html}");
    }

    #[test]
    fn every_page_is_whole() {
        for page in PAGES {
            let html = render(page);
            assert!(html.contains("<p>"), "{}", page.0);
            assert!(!html.contains("//!") && !html.contains("[<code>") && !html.contains("include_str"), "{}", page.0);
        }
    }
}
