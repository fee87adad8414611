//! Traces: what a collector receives, and what never reaches one.

#[cfg(feature = "otlp")]
pub mod collector;
#[cfg(feature = "otlp")]
mod exported;
#[cfg(feature = "otlp")]
mod lost;

use crate::support::zonemint;

/// What `zonemint config check` says of a setting.
fn checked(setting: (&str, &str)) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = zonemint(folder.path(), &["config", "check"]).envs([setting]).output().unwrap();
    (out.status.code(), String::from_utf8(out.stderr).unwrap())
}

#[cfg(not(feature = "otlp"))]
#[test]
fn an_endpoint_that_cannot_be_used_is_refused_with_the_way_to_build_one_that_can() {
    let (code, told) = checked(("ZONEMINT_TRACES__ENDPOINT", "http://localhost:4318"));
    assert_eq!(code, Some(3));
    assert!(told.contains("traces.endpoint: cannot be used") && told.contains("--features otlp"), "{told}");
}

#[cfg(feature = "otlp")]
#[test]
fn an_endpoint_that_is_no_address_is_refused() {
    assert_eq!(checked(("ZONEMINT_TRACES__ENDPOINT", "http://localhost:4318")).0, Some(0));
    let (code, told) = checked(("ZONEMINT_TRACES__ENDPOINT", "localhost:4318"));
    assert_eq!(code, Some(3));
    assert!(told.contains("traces.endpoint: must be an address such as"), "{told}");
}

#[test]
fn a_part_of_the_requests_is_a_number_from_0_to_1() {
    assert_eq!(checked(("ZONEMINT_TRACES__SAMPLE_RATIO", "0.5")).0, Some(0));
    let (_, told) = checked(("ZONEMINT_TRACES__SAMPLE_RATIO", "half"));
    assert!(told.contains("must be a number"), "{told}");
    let (_, told) = checked(("ZONEMINT_TRACES__SAMPLE_RATIO", "1.5"));
    assert!(told.contains("traces.sample_ratio: must be from 0 to 1"), "{told}");
}
