//! When a certificate is ordered. It reads no clock and sends no request, so that every moment can be tested.

use std::fmt;

use super::files::Standing;
use crate::acme_settings::Settings;
use crate::inspect::{CertificateId, Facts, is_for};
use zonemint_base::clock::DAY_S;

/// The delay of the next attempt after a first failure; it doubles with each further failure, up to a day.
const FIRST_DELAY_S: u64 = 60;
/// The longest delay that an authority can request: its own limits are a week at most.
const LONGEST_WAIT_S: u64 = 7 * DAY_S;
/// The delay of the next question for the time of renewal, if the authority does not answer it.
const ASK_AGAIN_S: u64 = 6 * 3_600;

/// The state of the certificate's renewal.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    failures: u32,
    rest_until_s: u64,
    ask_from_s: u64,
    suggestion: Option<Suggestion>,
}

/// The window in which an authority suggests to renew a certificate (RFC 9773 section 4.2), in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) of: CertificateId,
    pub(super) start_s: u64,
    pub(super) end_s: u64,
}

#[derive(Debug)]
struct Suggestion {
    window: Window,
    at_s: u64,
}

/// Why a certificate is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    SelfSigned,
    Names,
    Authority,
    Ending,
    Suggested,
}

impl Why {
    /// Whether the certificate replaces one with the same names and authority.
    pub(super) fn is_renewal(self) -> bool {
        matches!(self, Self::Ending | Self::Suggested)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SelfSigned => "the one in force is self-signed",
            Self::Names => "the one in force lacks a name of tls.acme.names",
            Self::Authority => "the last one was issued by another authority than that of tls.acme.directory",
            Self::Ending => "the one in force ends soon",
            Self::Suggested => "the authority suggests it",
        })
    }
}

impl Schedule {
    /// Whether it is time to order, and why.
    pub(super) fn due(&self, pair: &Facts, settings: &Settings, standing: Standing, now_s: u64) -> Option<Why> {
        if now_s < self.rest_until_s {
            return None;
        }
        if pair.is_self_signed {
            return Some(Why::SelfSigned);
        }
        if settings.names.iter().any(|name| !is_for(&pair.names, name)) {
            return Some(Why::Names);
        }
        if standing == Standing::Elsewhere {
            return Some(Why::Authority);
        }
        if now_s >= renew_at_s(pair, settings) {
            return Some(Why::Ending);
        }
        self.suggestion_for(pair).is_some_and(|suggestion| now_s >= suggestion.at_s).then_some(Why::Suggested)
    }

    fn suggestion_for(&self, pair: &Facts) -> Option<&Suggestion> {
        self.suggestion.as_ref().filter(|suggestion| Some(&suggestion.window.of) == pair.id.as_ref())
    }

    /// The pair's id, if it is time to ask the authority when to renew it.
    pub(super) fn asks<'a>(&self, pair: &'a Facts, now_s: u64) -> Option<&'a CertificateId> {
        pair.id.as_ref().filter(|_| now_s >= self.ask_from_s)
    }

    /// The pair's id, if the order should name it as replaced, for an authority that suggests times of renewal (RFC 9773 section 5).
    /// Not after a failure: the authority may have refused exactly this.
    pub(super) fn replaced<'a>(&self, pair: &'a Facts) -> Option<&'a CertificateId> {
        pair.id.as_ref().filter(|_| self.failures == 0 && self.suggestion_for(pair).is_some())
    }

    /// The authority's answer. `chance` selects a moment of a new window.
    pub(super) fn suggested(&mut self, window: Window, again_in_s: u64, chance: u64, now_s: u64) {
        self.ask_from_s = now_s.saturating_add(again_in_s.clamp(FIRST_DELAY_S, DAY_S));
        if self.suggestion.as_ref().is_none_or(|before| before.window != window) {
            let length = window.end_s.saturating_sub(window.start_s).saturating_add(1);
            self.suggestion = Some(Suggestion { at_s: window.start_s.saturating_add(chance % length), window });
        }
    }

    /// The authority did not answer.
    pub(super) fn nothing_suggested(&mut self, now_s: u64) {
        self.ask_from_s = now_s.saturating_add(ASK_AGAIN_S);
    }

    /// An attempt failed, and the authority may have asked to wait. Returns the time of the next attempt.
    pub(super) fn failed(&mut self, wait_s: Option<u64>, now_s: u64) -> u64 {
        let delay_s = (FIRST_DELAY_S << self.failures.min(11)).min(DAY_S);
        self.failures = self.failures.saturating_add(1);
        let wait_s = wait_s.unwrap_or(0).min(LONGEST_WAIT_S);
        self.rest_until_s = now_s.saturating_add(delay_s.max(wait_s));
        self.rest_until_s
    }

    /// A certificate was issued. For a while none is ordered, whatever it contains: a wrong clock, or an authority that omits a name,
    /// must not cause one order after the other.
    pub(super) fn succeeded(&mut self, issued: &Facts, now_s: u64) {
        let rest_s = (life_s(issued) / 6).min(DAY_S);
        *self = Self { rest_until_s: now_s.saturating_add(rest_s), ..Self::default() };
    }
}

fn life_s(pair: &Facts) -> u64 {
    pair.not_after_s.saturating_sub(pair.not_before_s)
}

fn renew_at_s(pair: &Facts, settings: &Settings) -> u64 {
    pair.not_after_s.saturating_sub(settings.renew_before.s().min(life_s(pair) / 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acme_settings::defaults;

    const START_S: u64 = 1_000_000_000;

    /// Of 90 days' life unless said otherwise.
    fn pair(days: u64) -> Facts {
        Facts {
            not_before_s: START_S,
            not_after_s: START_S + days * DAY_S,
            names: vec!["Zone.example.org".to_owned(), "*.example.net".to_owned()],
            is_self_signed: false,
            id: Some(CertificateId { authority_key: vec![1], serial: vec![2] }),
        }
    }

    fn settings(names: &[&str]) -> Settings {
        Settings { names: names.iter().map(|name| (*name).to_owned()).collect(), ..defaults() }
    }

    fn due_on_day(schedule: &Schedule, pair: &Facts, day: u64) -> Option<Why> {
        schedule.due(pair, &settings(&["zone.example.org"]), Standing::Issued, START_S + day * DAY_S)
    }

    #[test]
    fn a_good_certificate_is_left_alone_until_a_third_of_its_life_or_the_setting_is_left() {
        for (days, left_alone, renewed) in [(90, 59, 60), (365, 334, 335), (6, 3, 4)] {
            assert_eq!(due_on_day(&Schedule::default(), &pair(days), left_alone), None, "{days} days");
            assert_eq!(due_on_day(&Schedule::default(), &pair(days), renewed), Some(Why::Ending), "{days} days");
        }
    }

    #[test]
    fn what_the_settings_ask_for_and_is_not_there_is_ordered() {
        let (schedule, pair) = (Schedule::default(), pair(90));
        let due = |pair: &Facts, name: &str, standing| schedule.due(pair, &settings(&[name]), standing, START_S);
        assert_eq!(due(&pair, "a.example.net", Standing::Unknown), None);
        for name in ["other.example.org", "a.b.example.net", "example.net"] {
            assert_eq!(due(&pair, name, Standing::Issued), Some(Why::Names), "{name}");
        }
        assert_eq!(due(&pair, "zone.example.org", Standing::Elsewhere), Some(Why::Authority));
        let own = Facts { is_self_signed: true, ..pair };
        assert_eq!(due(&own, "zone.example.org", Standing::Issued), Some(Why::SelfSigned));
    }

    #[test]
    fn failures_make_the_next_attempt_later_up_to_a_day() {
        let mut schedule = Schedule::default();
        let delays: Vec<_> = (0..13).map(|_| schedule.failed(None, START_S) - START_S).collect();
        assert_eq!(delays[..4], [60, 120, 240, 480]);
        assert_eq!(delays[10..], [61_440, 86_400, 86_400]);
        assert_eq!(due_on_day(&schedule, &pair(90), 0), None);
    }

    #[test]
    fn an_authority_that_says_when_to_come_again_is_obeyed_for_up_to_a_week() {
        for (says, waited) in [(5, 60), (3_600, 3_600), (u64::MAX, 7 * DAY_S)] {
            assert_eq!(Schedule::default().failed(Some(says), START_S), START_S + waited);
        }
    }

    #[test]
    fn after_an_order_none_follows_at_once_even_if_the_clock_says_that_it_is_due() {
        let mut schedule = Schedule::default();
        let later_s = START_S + 89 * DAY_S;
        schedule.failed(None, later_s);
        schedule.succeeded(&pair(90), later_s);
        assert_eq!(schedule.failures, 0);
        assert_eq!(due_on_day(&schedule, &pair(90), 89), None);
        assert_eq!(due_on_day(&schedule, &pair(90), 90), Some(Why::Ending));
    }

    #[test]
    fn a_suggested_moment_lies_in_its_window_and_stays_while_that_does() {
        let mut schedule = Schedule::default();
        let of = pair(90).id.unwrap();
        let window = Window { of, start_s: START_S + 10 * DAY_S, end_s: START_S + 12 * DAY_S };
        schedule.suggested(window.clone(), 3_600, DAY_S + 5 * (2 * DAY_S + 1), START_S);
        schedule.suggested(window, 3_600, 0, START_S + 3_600);
        assert_eq!(due_on_day(&schedule, &pair(90), 10), None);
        assert_eq!(due_on_day(&schedule, &pair(90), 11), Some(Why::Suggested));
        assert!(schedule.replaced(&pair(90)).is_some());
        let another = Facts { id: None, ..pair(90) };
        assert_eq!((due_on_day(&schedule, &another, 11), schedule.replaced(&another)), (None, None));
    }

    #[test]
    fn an_authority_is_asked_again_when_it_says_but_at_least_daily() {
        let pair = pair(90);
        let window = |start_s| Window { of: pair.id.clone().unwrap(), start_s, end_s: start_s };
        for (says, waited) in [(1, 60), (3_600, 3_600), (u64::MAX, DAY_S)] {
            let mut schedule = Schedule::default();
            assert!(schedule.asks(&pair, START_S).is_some());
            schedule.suggested(window(0), says, 0, START_S);
            assert!(schedule.asks(&pair, START_S + waited - 1).is_none());
            assert!(schedule.asks(&pair, START_S + waited).is_some());
        }
    }
}
