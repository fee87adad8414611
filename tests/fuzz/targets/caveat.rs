//! Caveats: what is understood is written back in one text, and is the same in JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zonemint_caveat::{Caveat, Request, simplify, within};

#[path = "../../it/one_text.rs"]
mod one_text;

fuzz_target!(|input: (u64, &[u8])| {
    let (now, cids) = input;
    let caveats: Vec<_> =
        cids.split(|&byte| byte == b'\n').filter_map(|cid| Some((cid, Caveat::parse(cid).ok()?))).collect();
    for (cid, caveat) in &caveats {
        let minted = caveat.to_string();
        assert_eq!(Caveat::parse(minted.as_bytes()), Ok(caveat.clone()));
        let text = str::from_utf8(cid).expect("what is understood is UTF-8");
        assert_eq!(minted, one_text::one_text(text), "for {text:?}");
        assert_eq!(Caveat::from_json(&caveat.to_json()), Ok(caveat.clone()));
        assert!(!caveat.in_words().is_empty());
    }

    let caveats: Vec<_> = caveats.into_iter().map(|(_, caveat)| caveat).collect();
    let request = Request::at(now);
    let allowed = |caveats: &[Caveat]| caveats.iter().all(|caveat| caveat.check(&request).is_ok());
    // Of more caveats than fit into these bytes, `within` compares some only, and may say no.
    if cids.len() > 1_600 {
        return;
    }
    let simple = simplify(&caveats);
    assert!(within(&caveats, &simple) && within(&simple, &caveats));
    assert_eq!(allowed(&caveats), allowed(&simple));
    for fewer in 0..caveats.len() {
        assert!(within(&caveats, &caveats[..fewer]));
        assert!(!allowed(&caveats) || allowed(&caveats[..fewer]), "a caveat turned a refusal into an acceptance");
    }
});
