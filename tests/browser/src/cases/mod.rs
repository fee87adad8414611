//! The cases, by what they are about.
//!
//! Where the next thing goes: a case is an `async fn` over the stage, and a line in the `CASES` of its file; a file is a line here.

mod accounts;
mod front_end;
mod inspect;
mod passwords;
mod sessions;
mod token_page;
mod tokens;
mod using;
mod views;

use std::pin::Pin;

use crate::stage::Stage;

/// A sentence, and what shows that it is true.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub play: for<'a> fn(&'a Stage<'a>) -> Pin<Box<dyn Future<Output = ()> + 'a>>,
}

/// Makes a case of a function.
macro_rules! case {
    ($name:literal, $play:path) => {
        $crate::cases::Case { name: $name, play: |stage| Box::pin($play(stage)) }
    };
}
use case;

/// All of them, the longest first.
pub fn all() -> impl Iterator<Item = Case> {
    [
        views::CASES,
        tokens::CASES,
        token_page::CASES,
        using::CASES,
        sessions::CASES,
        inspect::CASES,
        accounts::CASES,
        passwords::CASES,
        front_end::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
