//! Whatever a caller with a confined token asks for or looks at, it gets nothing that allows more than its own token: by
//! the rule (`caveat::within`), and as tried on random uses, for caveats of every kind.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use zonemint::caller::{Authority, Caller, Gains};
use zonemint::caveat::{self, Caveat, Operation, Request, Time, TokenKind};
use zonemint::macaroon::{Limits, Macaroon};
use zonemint::model::{FullName, Privileges, Token, TokenName, User};
use zonemint::store::{self, TokenFilter};
use zonemint::token::{MintRequest, NamedRequest, Rotation, TemporaryRequest};
use zonemint::user::NewUser;

use crate::api::coverage::{Walk, operations};
use crate::caveats::{Call, call, caveats, request};
use crate::support::{TestServer, narrowed};

/// Each case makes some tokens, which costs a durable write each.
const CASES: u32 = 64;

/// What the caller's token says, what is asked for, and uses to try the outcome on.
#[derive(Debug, Clone)]
struct Case {
    own: Vec<Caveat>,
    asked: Vec<Caveat>,
    of_others: Vec<Vec<Caveat>>,
    kind: TokenKind,
    ends: Option<u64>,
    requests: Vec<Request>,
    calls: Vec<Call>,
}

/// Random moments are small numbers: here they are moments to come.
fn moment(random: u64, now_s: u64) -> u64 {
    if random < 10 { now_s + 100 * (random + 1) } else { random }
}

fn case(now_s: u64) -> impl Strategy<Value = Case> {
    let caveats = move || {
        caveats().prop_map(move |caveats| {
            let to_come = |caveat| match caveat {
                Caveat::Time(time) => Caveat::Time(Time::until(moment(time.valid_until(), now_s))),
                other => other,
            };
            caveats.into_iter().map(to_come).collect::<Vec<_>>()
        })
    };
    let requests = vec(request(), 24).prop_map(move |requests| {
        requests.into_iter().map(|request| Request { now: moment(request.now, now_s) - 50, ..request }).collect()
    });
    let kind = prop_oneof![3 => Just(TokenKind::Access), 1 => Just(TokenKind::Identity)];
    let ends = option::of((1..10_u64).prop_map(move |ends| now_s + 100 * ends));
    (caveats(), caveats(), vec(caveats(), 3), kind, ends, requests, vec(call(), 24)).prop_map(
        |(own, asked, of_others, kind, ends, requests, calls)| Case {
            // With a caveat that access tokens cannot carry nobody is a caller.
            own: own.into_iter().filter(|caveat| caveat.is_supported_by(TokenKind::Access)).collect(),
            asked,
            of_others,
            kind,
            ends,
            requests,
            calls,
        },
    )
}

impl Case {
    /// A token that the caller was given, by its text.
    fn check(&self, text: &str, kind: TokenKind) {
        let (macaroon, _) = Macaroon::parse(text, &Limits::default()).unwrap();
        let got: Vec<_> =
            macaroon.danger_unverified_caveats().map(|caveat| Caveat::parse(caveat.cid).unwrap()).collect();
        self.check_caveats(&got, kind);
    }

    fn check_caveats(&self, got: &[Caveat], kind: TokenKind) {
        assert!(caveat::within(got, &self.own), "{got:?}");
        for request in &self.requests {
            let (used, own) =
                (Request { token: kind, ..request.clone() }, Request { token: TokenKind::Access, ..request.clone() });
            if all_hold(got, &used) {
                assert!(all_hold(&self.own, &own), "{got:?} holds for {used:?}");
            }
        }
        // An identity token makes no calls.
        for operation in self.calls.iter().map(Call::operation).filter(|_| kind == TokenKind::Access) {
            assert!(!all_allow(got, &operation) || all_allow(&self.own, &operation), "{got:?} allows {operation:?}");
        }
    }
}

fn all_hold(caveats: &[Caveat], request: &Request) -> bool {
    caveats.iter().all(|caveat| caveat.check(request).is_ok())
}

fn all_allow(caveats: &[Caveat], operation: &Operation<'_>) -> bool {
    caveats.iter().all(|caveat| !matches!(caveat, Caveat::Api(api) if !api.allows(operation)))
}

#[test]
fn a_confined_caller_gets_nothing_that_allows_more_than_its_own_token() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(TestServer::start());
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let tried = runner.run(&case(server.now_s()), |case| {
        runtime.block_on(async {
            let (full_name, privileges) = (FullName::parse("somebody").unwrap(), Privileges::NONE);
            let user = NewUser { name: None, full_name, password: None, privileges };
            let user = Arc::new(server.services.accounts.add(user, &Caller::operator()).await.unwrap());
            let refused = stock(&server, &user, &case).await;
            make(&server, &user, &case).await;
            look(&server, &user, &case, &refused).await;
        });
        Ok(())
    });
    runtime.block_on(server.stop());
    tried.unwrap();
}

fn named(name: &str, kind: TokenKind, caveats: Vec<Caveat>) -> NamedRequest {
    let name = TokenName::parse(name).unwrap();
    NamedRequest { name, kind, caveats, metadata: None, revoked: false, encoding: None }
}

/// The user, with a password or with a token of these caveats.
fn caller(user: &Arc<User>, authority: Authority) -> Caller {
    Caller::account(Arc::clone(user), authority, store::Caller::by_password(user.id, user.password_version))
}

/// Makes tokens with all rights. What a kind of token cannot carry is refused; returns why.
async fn stock(server: &TestServer, user: &Arc<User>, case: &Case) -> Vec<String> {
    let mut refused = Vec::new();
    let (tokens, by, subject) = (&server.services.tokens, &caller(user, Authority::Full), user.subject());
    for (at, caveats) in case.of_others.iter().chain([&case.asked, &case.own]).enumerate() {
        let request = MintRequest { caveats: caveats.clone(), ..MintRequest::default() };
        let minted = tokens.mint(subject.id, request, &Caller::server()).await;
        refused.extend(minted.err().map(|error| error.to_string()));
        for kind in [TokenKind::Access, TokenKind::Identity] {
            let request = named(&format!("{kind} {at}"), kind, caveats.clone());
            let minted = tokens.create_named(subject, request, by).await;
            refused.extend(minted.err().map(|error| error.to_string()));
        }
    }
    refused
}

/// Asks for tokens of each form.
async fn make(server: &TestServer, user: &Arc<User>, case: &Case) {
    let (tokens, subject) = (&server.services.tokens, user.subject());
    let by = &caller(user, Authority::Confined(case.own.clone().into()));
    let request = MintRequest { valid_until: case.ends, caveats: case.asked.clone(), ..MintRequest::default() };
    if let Ok(minted) = tokens.mint(subject.id, request, by).await {
        case.check(&minted.text, TokenKind::Access);
    }
    let request = named("child", case.kind, case.asked.clone());
    if let Ok(minted) = tokens.create_named(subject, request, by).await {
        case.check(&minted.text, case.kind);
    }
    let caveats = case.asked.iter().cloned().chain(case.ends.map(|ends| Caveat::Time(Time::until(ends)))).collect();
    let asked = TemporaryRequest { kind: case.kind, caveats, encoding: None };
    if let Ok(minted) = tokens.create_temporary(subject, asked, by).await {
        case.check(&minted.text, case.kind);
    }
}

/// Lists, reads and rotates what there is.
async fn look(server: &TestServer, user: &Arc<User>, case: &Case, refused: &[String]) {
    let (tokens, authority) = (&server.services.tokens, Authority::Confined(case.own.clone().into()));
    let by = &caller(user, authority.clone());
    let (texts, _) = tokens.list(user.id, None, by).await.unwrap();
    for text in &texts {
        case.check(text, TokenKind::Access);
    }
    let all = tokens.page(user.id, &TokenFilter::default(), None, 100, &Caller::operator()).await.unwrap().tokens;
    assert!(!all.is_empty(), "{refused:?}");
    for Token { id, caveats, kind, .. } in &all {
        let visible = tokens.visible(&id.to_string(), Gains::Rights, by).await;
        assert_eq!(visible.is_ok(), authority.covers(caveats));
        let Ok(visible) = visible else { continue };
        case.check_caveats(caveats, *kind);
        case.check(&tokens.show(&visible, by).await.unwrap(), *kind);
        let rotation = Rotation { overlap_s: 1, valid_until: case.ends, ..Rotation::default() };
        if let Ok(replacement) = tokens.rotate(&visible, &rotation, by).await {
            case.check(&replacement.minted.text, *kind);
        }
    }
}

/// What a token may say, and what is added to it.
const OWN: [&str; 3] = ["service = ozw-onezone|opw-*", "service = opw-*", "api = ozw/get/user.*.*:*"];
const ADDED: [&str; 3] = ["service = opw-*", "service = ozw-*|opp-*", "api = ozw/all/*.*.*:*"];

#[tokio::test]
async fn one_caveat_more_opens_no_operation_whatever_service_sends_the_token() {
    let walk = Walk::start().await;
    let proofs = [None, Some(walk.service.1.clone())];
    let paths: Vec<_> = operations().into_iter().filter(|operation| operation.method == "GET").collect();
    assert!(paths.len() > 30);
    for own in OWN {
        let tokens = [walk.token("/user", own).await, walk.token("/provider/", own).await];
        for (path, proof) in paths.iter().flat_map(|operation| proofs.iter().map(|proof| (&operation.path, proof))) {
            let own = &tokens[usize::from(path.starts_with("/provider/"))];
            let ask = async |token: &str| {
                let request = walk.server.request("GET", &walk.fill(path, path)).header("x-auth-token", token);
                let request = proof.iter().fold(request, |all, proof| all.header("x-onedata-service-token", proof));
                walk.server.send(request).await.status
            };
            let wide = ask(own).await;
            for added in ADDED {
                let narrow = ask(&narrowed(own, added)).await;
                assert!(narrow == wide || narrow == 401, "{path}, {added}, {proof:?}: {narrow}, and {wide} without it");
            }
        }
    }
}
