//! Debug output of types that hold a secret, or nothing that could be shown.

/// Implements `Debug` for types, each of which prints its name and nothing that it holds.
#[macro_export]
macro_rules! opaque_debug {
    ($($name:ident),+) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        })+
    };
}
