//! Longer explanations, as rustdoc, so that links are checked.
