//! `/keys`: root keys, for administrators. Nothing here tells a key, or opens one; sealing them anew is for the operator.

mod list;
mod retire;
mod rotate;

pub(in crate::http) use list::list;
pub(in crate::http) use retire::retire;
pub(in crate::http) use rotate::rotate;
