//! The operations: each asks the model what must come out, does it, compares, and lets the model know.

use serde_json::{Value, json};
use zonemint::macaroon::{Limits, Macaroon};

use super::world::{self, ADMIN, Caller, FORBIDDEN, Form, HeldToken, Limit, NOT_FOUND, Record, World};
use super::{Run, account};
use crate::support::{Answer, PASSWORD};

/// The longest life of a client token, in seconds: `token.max_ttl`.
const LONGEST_S: u64 = 365 * 86_400;

fn jsons(limits: &[Limit]) -> Vec<Value> {
    limits.iter().map(Limit::json).collect()
}

fn strings(answer: &Answer, key: &str) -> Vec<String> {
    answer.json()[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

impl Run {
    pub(super) async fn step(&mut self) {
        match self.dice.number(100) {
            0..=11 => self.create_client_token().await,
            12..=26 => self.create_named_token().await,
            27..=33 => self.create_temporary_token().await,
            34..=41 => self.confine().await,
            42..=46 => self.list_client_tokens().await,
            47..=53 => self.list_all().await,
            54..=57 => self.list_named().await,
            58..=63 => self.show().await,
            64..=71 => self.change().await,
            72..=76 => self.rotate().await,
            77 | 78 => self.revoke_many().await,
            79..=83 => self.delete().await,
            84 => self.delete_all().await,
            85 | 86 => self.new_generation().await,
            87 | 88 => self.block().await,
            89 => self.change_password().await,
            90 => self.remove_user().await,
            91..=97 => self.move_clock(),
            98 => self.restart().await,
            _ => self.who_am_i().await,
        }
    }

    async fn create_client_token(&mut self) {
        let (caller, asked) = (self.caller(), self.limits(2));
        let life_s = self.dice.chance(60).then(|| 1 + self.dice.number(300_000));
        let name = self.dice.chance(30).then(|| self.name());
        let expected = self.rights(&caller).and_then(|rights| {
            if self.world.accounts[rights.account].service {
                return Err(FORBIDDEN);
            }
            self.world.is_not_over(&self.world.client_limits(&rights, life_s, &asked))?;
            self.world.may_store(rights.account, name.as_deref()).map(|()| rights)
        });
        let mut body = json!({"caveats": jsons(&asked)});
        if let Some(life_s) = life_s {
            body["ttl"] = json!(life_s);
        }
        if let Some(name) = &name {
            body["name"] = json!(name);
        }
        let status = expected.as_ref().map(|_| 200).map_err(|refusal| *refusal);
        let answer = self.expect("POST", "/user/client_tokens", &caller, Some(body), status).await;
        if let (Ok(rights), Some(answer)) = (expected, answer) {
            let limits = self.world.client_limits(&rights, life_s, &asked);
            let record = self.record(rights.account, Form::Client, false, limits, &answer.token());
            self.world.add(Record { name, ..record });
        }
    }

    async fn create_named_token(&mut self) {
        let (caller, (whose, path), asked) = (self.caller(), self.whose(), self.limits(3));
        let (name, identity, revoked) = (self.name(), self.dice.chance(15), self.dice.chance(5));
        let expected = self.rights(&caller).and_then(|rights| {
            let owner = self.world.resolve(&rights, whose)?;
            let limits = World::inherited(&rights, &asked, identity)?;
            self.world.is_not_over(&limits)?;
            self.world.may_store(owner, Some(&name)).map(|()| (owner, limits))
        });
        let kind = if identity { "identityToken" } else { "accessToken" };
        let body = json!({"name": name, "type": {kind: {}}, "caveats": jsons(&asked), "revoked": revoked});
        let status = expected.as_ref().map(|_| 201).map_err(|refusal| *refusal);
        let answer = self.expect("POST", &format!("{path}/tokens/named"), &caller, Some(body), status).await;
        if let (Ok((owner, limits)), Some(answer)) = (expected, answer) {
            self.add_named(&answer, owner, identity, limits, Some(name));
            self.world.records.last_mut().unwrap().revoked_ms = revoked.then_some(0);
        }
    }

    /// Notes a token that a 201 holds.
    fn add_named(&mut self, answer: &Answer, owner: usize, identity: bool, limits: Vec<Limit>, name: Option<String>) {
        let json = answer.json();
        let form = if json["tokenId"].is_string() { Form::Named } else { Form::Temporary(0) };
        let form = if form == Form::Named { form } else { Form::Temporary(self.world.accounts[owner].generation) };
        assert_eq!(json["caveats"], json!(jsons(&limits)));
        assert_eq!(json["validUntil"], json!(world::end(&limits)));
        let record = self.record(owner, form, identity, limits, json["token"].as_str().unwrap());
        assert!(json["tokenId"].as_str().is_none_or(|id| id == record.id));
        self.world.add(Record { name, ..record });
    }

    async fn create_temporary_token(&mut self) {
        let (caller, (whose, path), mut asked) = (self.caller(), self.whose(), self.limits(2));
        if self.dice.chance(80) {
            asked.push(Limit::Until(self.world.now_s() + self.dice.number(2_700_000)));
        }
        let identity = self.dice.chance(20);
        let expected = self.rights(&caller).and_then(|rights| {
            let owner = self.world.resolve(&rights, whose)?;
            let limits = World::inherited(&rights, &asked, identity)?;
            self.world.may_be_temporary(&limits)?;
            self.world.is_not_over(&limits)?;
            if self.world.accounts[owner].blocked { Err(FORBIDDEN) } else { Ok((owner, limits)) }
        });
        let kind = if identity { "identityToken" } else { "accessToken" };
        let body = json!({"type": {kind: {}}, "caveats": jsons(&asked)});
        let status = expected.as_ref().map(|_| 201).map_err(|refusal| *refusal);
        let answer = self.expect("POST", &format!("{path}/tokens/temporary"), &caller, Some(body), status).await;
        if let (Ok((owner, limits)), Some(answer)) = (expected, answer) {
            self.add_named(&answer, owner, identity, limits, None);
        }
    }

    /// Anybody narrows any token whose subject is not known to be gone; by hand it comes out the same.
    async fn confine(&mut self) {
        let Some(held) = self.held().filter(|held| held.limits.len() < 8) else { return };
        let added = self.limits(2);
        let body = json!({"token": held.text, "caveats": jsons(&added)});
        let record = &self.world.records[held.record];
        let owner = &self.world.accounts[record.owner];
        // Whose token one is that is not kept any more, nobody knows; temporary ones never were.
        let is_signed = record.is_stored() || matches!(record.form, Form::Temporary(_));
        let expected = match (owner.removed, owner.blocked) {
            (true, _) if is_signed => Err((400, "tokenSubjectInvalid")),
            (false, true) if is_signed => Err((400, "userBlocked")),
            _ => Ok(200),
        };
        let answer = self.expect("POST", "/tokens/confine", &Caller::Nobody, Some(body), expected).await;
        let Some(answer) = answer else { return };
        let (mut macaroon, encoding) = Macaroon::parse(&held.text, &Limits::default()).unwrap();
        for limit in &added {
            macaroon.narrow(limit.text().as_bytes()).unwrap();
        }
        assert_eq!(answer.token(), macaroon.to_text(encoding).unwrap());
        let limits = held.limits.iter().chain(&added).cloned().collect();
        self.world.held.push(HeldToken { text: answer.token(), limits, ..held });
    }

    async fn list_client_tokens(&mut self) {
        let caller = self.caller();
        let expected = self
            .rights(&caller)
            .and_then(|rights| if self.world.accounts[rights.account].service { Err(FORBIDDEN) } else { Ok(rights) });
        let status = expected.as_ref().map(|_| 200).map_err(|refusal| *refusal);
        let answer = self.expect("GET", "/user/client_tokens", &caller, None, status).await;
        if let (Ok(rights), Some(answer)) = (expected, answer) {
            let shown = |record: &Record| {
                record.form == Form::Client && self.world.state(record) == "active" && rights.covers(&record.limits)
            };
            let own = self.world.stored_of(rights.account).filter(|at| shown(&self.world.records[*at])).collect();
            let texts = self.world.newest_first(own).into_iter().map(|at| self.world.records[at].text.clone());
            assert_eq!(answer.tokens(), texts.collect::<Vec<_>>());
        }
    }

    /// All pages, one after the other.
    async fn list_all(&mut self) {
        let (caller, (whose, path)) = (self.caller(), self.whose());
        let expected = self.rights(&caller).and_then(|rights| Ok((self.world.resolve(&rights, whose)?, rights)));
        let state = self.dice.chance(60).then(|| self.dice.choose(&["active", "revoked", "expired"]));
        let part = self.dice.chance(30).then(|| format!("nAmE {}", self.dice.number(4)));
        let before = self.dice.chance(20).then(|| self.world.now_s() + self.dice.number(200_000));
        let after = self.dice.chance(20).then(|| self.world.now_s().saturating_sub(self.dice.number(100_000)));
        let mut query = format!("limit={}", self.dice.choose(&[1, 2, 3, 50]));
        for (key, value) in [
            ("state", state.map(str::to_owned)),
            ("name", part.as_ref().map(|part| part.replace(' ', "%20"))),
            ("expires_before", before.map(|before| before.to_string())),
            ("created_after", after.map(|after| after.to_string())),
        ] {
            query += &value.map_or(String::new(), |value| format!("&{key}={value}"));
        }
        let status = expected.as_ref().map(|_| 200).map_err(|refusal| *refusal);
        let (mut cursor, mut listed) = (String::new(), vec![]);
        loop {
            let page = format!("{path}/tokens?{query}{cursor}");
            let Some(answer) = self.expect("GET", &page, &caller, None, status).await else { return };
            let json = answer.json();
            listed.extend(json["tokens"].as_array().unwrap().iter().cloned());
            let Some(next) = json["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let Ok((owner, rights)) = expected else { return };
        if self.world.stored_of(owner).any(|at| self.world.is_unclear(&self.world.records[at])) {
            return;
        }
        let passes = |record: &Record| {
            let named = |part: &String| {
                record.name.as_ref().is_some_and(|name| name.to_lowercase().contains(&part.to_lowercase()))
            };
            rights.may_list(&record.limits)
                && state.is_none_or(|state| self.world.state(record) == state)
                && part.as_ref().is_none_or(named)
                && before.is_none_or(|before| world::end(&record.limits).is_some_and(|end| end < before))
                && after.is_none_or(|after| record.created_ms / 1000 > after)
        };
        let all = self.world.stored_of(owner).filter(|at| passes(&self.world.records[*at])).collect();
        let told = |at: usize| {
            let record = &self.world.records[at];
            (json!(record.id), json!(record.name), json!(self.world.state(record)), json!(jsons(&record.limits)))
        };
        let expected: Vec<_> = self.world.newest_first(all).into_iter().map(told).collect();
        let told = |token: &Value| {
            (token["id"].clone(), token["name"].clone(), token["state"].clone(), token["caveats"].clone())
        };
        assert_eq!(listed.iter().map(told).collect::<Vec<_>>(), expected);
    }

    async fn list_named(&mut self) {
        let (caller, (whose, path)) = (self.caller(), self.whose());
        let everybodys = self.dice.chance(50);
        let path = if everybodys { "/tokens/named".to_owned() } else { format!("{path}/tokens/named") };
        let expected = self.rights(&caller).and_then(|rights| match everybodys {
            true if rights.account == ADMIN => Ok((None, rights)),
            true => Err(FORBIDDEN),
            false => Ok((Some(self.world.resolve(&rights, whose)?), rights)),
        });
        let status = expected.as_ref().map(|_| 200).map_err(|refusal| *refusal);
        let answer = self.expect("GET", &path, &caller, None, status).await;
        if let (Ok((owner, rights)), Some(answer)) = (expected, answer) {
            let shown = |record: &&Record| {
                let fits = owner.map_or(!self.world.accounts[record.owner].removed, |owner| record.owner == owner);
                fits && record.is_stored() && record.name.is_some() && rights.covers(&record.limits)
            };
            let mut shown: Vec<_> = self.world.records.iter().filter(shown).collect();
            if everybodys {
                shown.sort_by_key(|record| &record.bytes);
            } else {
                shown.sort_by_key(|record| &record.name);
            }
            assert_eq!(strings(&answer, "tokens"), shown.iter().map(|record| &*record.id).collect::<Vec<_>>());
        }
    }

    async fn show(&mut self) {
        let (caller, id) = (self.caller(), self.id());
        let expected = self.rights(&caller).and_then(|rights| self.world.visible(&rights, &id));
        let status = expected.map(|_| 200);
        let answer = self.expect("GET", &format!("/tokens/named/{id}"), &caller, None, status).await;
        if let (Ok(at), Some(answer)) = (expected, answer) {
            let (record, json) = (&self.world.records[at], answer.json());
            assert_eq!((json["id"].as_str(), json["token"].as_str()), (Some(&*id), Some(&*record.text)));
            assert_eq!((&json["name"], &json["revoked"]), (&json!(record.name), &json!(self.world.is_revoked(record))));
            assert_eq!(json["caveats"], json!(jsons(&record.limits)));
        }
    }

    async fn change(&mut self) {
        let (caller, id) = (self.caller(), self.id());
        let revoked = self.dice.chance(70).then(|| self.dice.chance(60));
        let name = (revoked.is_none() || self.dice.chance(20)).then(|| self.name());
        let expected = self.rights(&caller).and_then(|rights| {
            let at = self.world.visible(&rights, &id)?;
            let restores = revoked == Some(false) && self.world.is_revoked(&self.world.records[at]);
            if restores && rights.own.is_some() {
                return Err(FORBIDDEN);
            }
            let free = name.as_ref().is_none_or(|name| self.world.may_rename(at, name));
            if free { Ok(at) } else { Err((400, "badValueIdentifierOccupied")) }
        });
        let body = json!({"name": name, "revoked": revoked});
        let mut body: serde_json::Map<_, _> = body.as_object().unwrap().clone();
        body.retain(|_, value| !value.is_null());
        let status = expected.map(|_| 204);
        let path = format!("/tokens/named/{id}");
        if self.expect("PATCH", &path, &caller, Some(body.into()), status).await.is_some() {
            let was = self.world.was_revoked(&self.world.records[expected.unwrap()]);
            let record = &mut self.world.records[expected.unwrap()];
            record.name = name.or_else(|| record.name.take());
            if let Some(revoked) = revoked.filter(|revoked| *revoked != was) {
                record.revoked_ms = revoked.then_some(0);
            }
        }
    }

    async fn rotate(&mut self) {
        let (caller, id) = (self.caller(), self.id());
        let overlap_s = if self.dice.chance(50) { 0 } else { 1 + self.dice.number(100_000) };
        let ends = self.dice.chance(50).then(|| self.world.now_s() + 1 + self.dice.number(200_000));
        let expected = self.rights(&caller).and_then(|rights| {
            let at = self.world.visible(&rights, &id)?;
            let old = &self.world.records[at];
            if self.world.is_revoked(old) || self.world.accounts[old.owner].blocked {
                return Err(NOT_FOUND);
            }
            let kept = old.limits.iter().filter(|limit| ends.is_none() || !matches!(limit, Limit::Until(_)));
            let limits: Vec<_> = kept.cloned().chain(ends.map(Limit::Until)).collect();
            let mut limits = world::once_each(rights.own().iter().chain(&limits).cloned());
            // The clock may have been moved back since the old one was made.
            let latest = self.world.now_s() + LONGEST_S;
            if old.form == Form::Client && world::end(&limits).is_none_or(|end| end > latest) {
                limits.retain(|limit| !matches!(limit, Limit::Until(_)));
                limits.insert(0, Limit::Until(latest));
            }
            self.world.is_not_over(&limits)?;
            Ok((at, limits))
        });
        let mut body = json!({"overlap": overlap_s});
        if let Some(ends) = ends {
            body["validUntil"] = json!(ends);
        }
        let status = expected.as_ref().map(|_| 201).map_err(|refusal| *refusal);
        let answer = self.expect("POST", &format!("/tokens/{id}/rotate"), &caller, Some(body), status).await;
        let (Ok((at, limits)), Some(answer)) = (expected, answer) else { return };
        let old = self.world.records[at].clone();
        self.add_named(&answer, old.owner, old.identity, limits, old.name.clone());
        self.world.records.last_mut().unwrap().form = old.form;
        let admin = Caller::Password(ADMIN, PASSWORD.to_owned());
        let shown = self.expect("GET", &format!("/tokens/named/{id}"), &admin, None, Ok(200)).await.unwrap().json();
        let name = shown["name"].as_str().map(str::to_owned);
        assert_eq!(name.is_some(), old.name.is_some());
        assert!(name.as_ref().is_none_or(|name| name.contains(" (rotated ") && Some(name) != old.name.as_ref()));
        let over_ms = if overlap_s == 0 { 0 } else { self.world.now_ms() + overlap_s * 1000 };
        let revoked_ms = Some(old.revoked_ms.map_or(over_ms, |ms| ms.min(over_ms)));
        self.world.records[at] = Record { name, revoked_ms, ..old };
    }

    async fn revoke_many(&mut self) {
        let (caller, (whose, path)) = (self.caller(), self.whose());
        let (ids, cut_s) = ([self.id(), self.id(), self.id()], self.world.now_s() - self.dice.number(50_000));
        let way = self.dice.number(3);
        let body = match way {
            0 => json!({"all": true}),
            1 => json!({"issuedBefore": cut_s}),
            _ => json!({"ids": ids}),
        };
        let expected = self.rights(&caller).and_then(|rights| {
            let owner = self.world.resolve(&rights, whose)?;
            if rights.is_narrowed() { Err(FORBIDDEN) } else { Ok(owner) }
        });
        let path = format!("{path}/tokens/revoke");
        let answer = self.expect("POST", &path, &caller, Some(body), expected.map(|_| 200)).await;
        if let (Ok(owner), Some(answer)) = (expected, answer) {
            let meant = |record: &Record| match way {
                0 => true,
                1 => record.created_ms < cut_s * 1000,
                _ => ids.contains(&record.id),
            };
            let found: Vec<_> = self.world.stored_of(owner).collect();
            let found = found.into_iter().filter(|at| {
                let record = &self.world.records[*at];
                meant(record) && !self.world.was_revoked(record)
            });
            let found: Vec<_> = found.collect();
            assert_eq!(answer.json(), json!({"revoked": found.len()}));
            for at in found {
                self.world.records[at].revoked_ms = Some(0);
            }
            self.world.accounts[owner].generation += u64::from(way == 0);
        }
    }

    async fn delete(&mut self) {
        let (caller, id) = (self.caller(), self.id());
        let rights = self.rights(&caller);
        let (path, expected) = match self.dice.number(3) {
            0 => (format!("/tokens/named/{id}"), rights.and_then(|rights| self.world.visible(&rights, &id))),
            way => {
                let held = self.held().filter(|_| way == 1);
                let named = held.as_ref().map_or(id.clone(), |held| held.text.clone());
                let expected = rights.and_then(|rights| {
                    let own = |at: &usize| self.world.records[*at].owner == rights.account;
                    let meant = |at: &usize| match &held {
                        Some(held) => held.record == *at && !self.world.records[*at].identity,
                        None => self.world.records[*at].id == id && rights.covers(&self.world.records[*at].limits),
                    };
                    let found = self.world.stored_of(rights.account).filter(own).find(meant);
                    if self.world.accounts[rights.account].service { Err(FORBIDDEN) } else { found.ok_or(NOT_FOUND) }
                });
                (format!("/user/client_tokens/{named}"), expected)
            }
        };
        if self.expect("DELETE", &path, &caller, None, expected.map(|_| 204)).await.is_some() {
            self.world.records[expected.unwrap()].deleted = true;
        }
    }

    async fn delete_all(&mut self) {
        let (caller, (whose, path)) = (self.caller(), self.whose());
        let expected = self.rights(&caller).and_then(|rights| {
            let owner = self.world.resolve(&rights, whose)?;
            if rights.is_narrowed() { Err(FORBIDDEN) } else { Ok(owner) }
        });
        let path = format!("{path}/tokens/named");
        if self.expect("DELETE", &path, &caller, None, expected.map(|_| 204)).await.is_some() {
            for at in self.world.stored_of(expected.unwrap()).collect::<Vec<_>>() {
                let record = &mut self.world.records[at];
                record.deleted = record.name.is_some();
            }
        }
    }

    async fn new_generation(&mut self) {
        let (caller, (whose, path)) = (self.caller(), self.whose());
        let path = format!("{path}/tokens/temporary");
        let resolved = self.rights(&caller).and_then(|rights| Ok((self.world.resolve(&rights, whose)?, rights)));
        let status = resolved.as_ref().map(|_| 200).map_err(|refusal| *refusal);
        if let Some(answer) = self.expect("GET", &path, &caller, None, status).await {
            let generation = self.world.accounts[resolved.as_ref().unwrap().0].generation;
            assert_eq!(answer.json(), json!({"generation": generation}));
        }
        let expected =
            resolved.and_then(|(owner, rights)| if rights.is_narrowed() { Err(FORBIDDEN) } else { Ok(owner) });
        if self.expect("DELETE", &path, &caller, None, expected.map(|_| 204)).await.is_some() {
            self.world.accounts[expected.unwrap()].generation += 1;
        }
    }

    async fn block(&mut self) {
        let at = 1 + self.dice.index(self.world.accounts.len() - 1);
        let blocked = self.dice.chance(40);
        let (admin, known) = (Caller::Password(ADMIN, PASSWORD.to_owned()), &self.world.accounts[at]);
        let expected = if known.removed || known.service { Err(NOT_FOUND) } else { Ok(204) };
        let path = format!("/users/{}/access_block", known.id);
        if self.expect("PATCH", &path, &admin, Some(json!({"blocked": blocked})), expected).await.is_some() {
            self.world.accounts[at].blocked = blocked;
        }
    }

    async fn change_password(&mut self) {
        let at = 2 + self.dice.index(self.world.accounts.len() - 2);
        let known = &self.world.accounts[at];
        let caller = Caller::Password(at, known.password.clone());
        let new = format!("another password {}", self.told.step);
        let body = json!({"oldPassword": known.password, "newPassword": new});
        let expected = self.rights(&caller).map(|_| 204);
        if self.expect("PATCH", "/user/password", &caller, Some(body), expected).await.is_some() {
            self.world.accounts[at].password = new;
            self.expect("GET", "/user", &caller, None, Err((401, "badBasicCredentials"))).await;
        }
    }

    async fn remove_user(&mut self) {
        let at = 2 + self.dice.index(self.world.accounts.len() - 2);
        let (admin, known) = (Caller::Password(ADMIN, PASSWORD.to_owned()), &self.world.accounts[at]);
        let expected = if known.removed { Err(NOT_FOUND) } else { Ok(204) };
        let path = format!("/users/{}", known.id);
        if self.expect("DELETE", &path, &admin, None, expected).await.is_some() {
            self.world.accounts[at].removed = true;
            self.add_user().await;
        }
    }

    fn move_clock(&mut self) {
        let now = self.world.clock_ms();
        let moved = match self.dice.number(10) {
            0..=3 => now + self.dice.number(5_000),
            4..=6 => now + self.dice.number(50_000_000),
            7 | 8 => now - self.dice.number(60_001),
            _ => now - self.dice.number(90_000_000),
        };
        self.told.operation = format!("the clock is moved from {now} to {moved}");
        self.server().clock.set_ms(moved);
        self.world.set_clock(moved);
    }

    async fn restart(&mut self) {
        "a restart".clone_into(&mut self.told.operation);
        let server = self.server.take().unwrap();
        if self.dice.chance(50) {
            self.server = Some(server.restart().await);
        } else {
            let ms = self.world.clock_ms();
            self.server = Some(server.restart_at(ms).await);
            self.world.restart_clock(ms);
        }
    }

    async fn who_am_i(&mut self) {
        let caller = self.caller();
        let expected = self.rights(&caller).and_then(|rights| {
            if self.world.accounts[rights.account].service { Err(FORBIDDEN) } else { Ok(rights.account) }
        });
        if let Some(answer) = self.expect("GET", "/user", &caller, None, expected.map(|_| 200)).await {
            let known = account(&self.world.accounts[expected.unwrap()].id, "", "", false);
            assert_eq!(answer.json()["userId"], json!(known.id));
        }
    }
}
