//! Spaces, groups, and the providers that support spaces: users of Onezone have them, users here do not. Scripts list them before they
//! use a token, and accept an empty list.

/// Empty lists, each as a module like every operation's.
macro_rules! empty_lists {
    ($($operation:ident: $rule:ident $path:literal $(of $parameter:ident)? [$($name:tt)+] $key:literal $summary:literal;)+) => {
        $(
            pub(crate) mod $operation {
                use crate::api::prelude::*;

                operation! { $rule: get $path $operation = $($name)+ }

                pub(crate) fn document() -> Document {
                    let document = Document::by::<$rule>($summary)$(.in_path(&crate::path_parameter::$parameter))?;
                    document.about("This server has none: the list is empty.").lists_none($key)
                }

                pub(crate) async fn $operation(_caller: Authorized<$rule>) -> Result<Response> {
                    answer::json(&json!({$key: []}))
                }
            }
        )+
    };
}

empty_lists! {
    spaces: ListSpaces "/user/spaces" [Get "user" Caller "spaces" Private, also by PROVIDERS]
        "spaces" "List the caller's spaces";
    effective_spaces: ListEffectiveSpaces "/user/effective_spaces" [Get "user" Caller "eff_spaces" Private, also by PROVIDERS]
        "spaces" "List the caller's spaces, and those of its groups";
    effective_providers: ListEffectiveProviders "/user/effective_providers" [Get "user" Caller "eff_providers" Private]
        "providers" "List the services that support the caller's spaces";
    supported_spaces: ListSupportedSpaces "/user/effective_providers/{id}/spaces" of ANY_ID
        [Get "provider" Path "user_spaces" (Caller) Private, also by PROVIDERS]
        "spaces" "List the caller's spaces that a service supports";
    groups: ListGroups "/user/groups" [Get "user" Caller "groups" Private, also by PROVIDERS]
        "groups" "List the caller's groups";
    effective_groups: ListEffectiveGroups "/user/effective_groups" [Get "user" Caller "eff_groups" Private, also by PROVIDERS]
        "groups" "List the caller's groups, and the groups that contain them";
}
