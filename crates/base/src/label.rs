//! Enums whose variants have a fixed text each, such as labels of metrics and actions of the audit trail.

/// The values that a label may have.
pub trait Label: Copy + 'static {
    /// All of them, in the order of [`Label::index`].
    const ALL: &'static [Self];

    /// Its place in [`Label::ALL`].
    fn index(self) -> usize;

    /// Its text. It must not change where it is stored or sent.
    fn value(self) -> &'static str;
}

/// Declares an enum whose variants are the values of a label.
#[macro_export]
macro_rules! label {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $crate::label::Label for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn index(self) -> usize {
                self as usize
            }

            fn value(self) -> &'static str {
                match self {
                    $(Self::$variant => $value),+
                }
            }
        }
    };
}
