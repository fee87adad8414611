//! argon2 hashes (RFC 9106) of other programs: argon2id, argon2i and argon2d, in the form of the reference
//! implementation. Salts and hashes may be longer than the PHC string format allows, so the form is read here.

use std::ops::RangeInclusive;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::argon2id::{Comparison, Memory, Unusable};
use super::encoding::decimal;
use super::hash_kind::{ARGON2, Kind};
use super::hash_refusal::Refusal;
use super::stored_hash::{StoredHash, hash_within, salt, within};

/// Memory in KiB: the least is where it begins to be hard, the most is 1 GiB.
const MEMORY_KIB: RangeInclusive<u32> = 1_024..=1_048_576;
/// Memory in KiB times passes: 4 GiB take 5 s.
const WORK_KIB: RangeInclusive<u64> = 1_024..=4_194_304;
/// Lanes, which we compute one after the other. More than anybody has; a hundred thousand add a third.
const LANES: RangeInclusive<u32> = 1..=255;
/// Bytes of hash: 128 are more than anybody makes.
const HASH_BYTES: RangeInclusive<usize> = 16..=128;

const FORM: Refusal = Refusal::Form(Kind::Argon2);

/// A hash that has been read.
pub(super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Zeroizing<Vec<u8>>,
}

/// A hash in the text that we keep, of memory in KiB, passes and lanes.
pub(super) fn text(name: &str, version: u32, costs: [u32; 3], salt: &[u8], hash: &[u8]) -> String {
    let ([memory, passes, lanes], salt, hash) = (costs, STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("{ARGON2}${name}$v={version}$m={memory},t={passes},p={lanes}${salt}${hash}")
}

impl Argon2Hash {
    /// Reads what follows the mark, as in `$argon2id$v=19$m=65536,t=3,p=1$SALT$HASH`. Without a version it is 16, as the
    /// reference implementation reads it.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut fields = text.split('$');
        let algorithm = match (fields.next(), fields.next()) {
            (Some(""), Some("argon2id")) => Algorithm::Argon2id,
            (Some(""), Some("argon2i")) => Algorithm::Argon2i,
            (Some(""), Some("argon2d")) => Algorithm::Argon2d,
            _ => return Err(FORM),
        };
        let fields: Vec<_> = fields.collect();
        let (version, [parameters, salt_text, hash_text]) = match *fields.as_slice() {
            ["v=19", parameters, salt, hash] => (Version::V0x13, [parameters, salt, hash]),
            ["v=16", parameters, salt, hash] | [parameters, salt, hash] => (Version::V0x10, [parameters, salt, hash]),
            _ => return Err(FORM),
        };
        let [memory, passes, lanes] = parameters_of(parameters).ok_or(FORM)?;
        within("memory (m, in KiB)", memory, &MEMORY_KIB)?;
        within("number of lanes (p)", lanes, &LANES)?;
        let work = u64::from(memory) * u64::from(passes);
        within("memory times passes (m times t, in KiB)", work, &WORK_KIB)?;
        let params = Params::new(memory, passes, lanes, None).map_err(|_| FORM)?;
        let (salt, hash) = (salt(salt_text)?, hash_within(hash_text, &HASH_BYTES)?);
        Ok(Self { algorithm, version, params, salt, hash })
    }
}

impl StoredHash for Argon2Hash {
    fn memory(&self) -> u64 {
        u64::from(self.params.m_cost()) << 10
    }

    /// 4 GiB take 5 s.
    fn expected_micros(&self, _: usize) -> u64 {
        u64::from(self.params.m_cost()) * u64::from(self.params.t_cost()) * 5_000_000 / *WORK_KIB.end()
    }

    fn compare(&self, password: &[u8], memory: &mut Memory) -> Result<Comparison, Unusable> {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        Argon2::new(self.algorithm, self.version, self.params.clone())
            .hash_password_into_with_memory(password, &self.salt, &mut hash, memory.blocks(self.params.block_count()))
            .map_err(|_| Unusable)?;
        Ok(Comparison::of(&hash, &self.hash))
    }
}

/// Reads `m=KIB,t=PASSES,p=LANES`.
fn parameters_of(text: &str) -> Option<[u32; 3]> {
    let (memory, rest) = text.strip_prefix("m=")?.split_once(",t=")?;
    let (passes, lanes) = rest.split_once(",p=")?;
    Some([decimal(memory)?, decimal(passes)?, decimal(lanes)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::foreign_hash::check;
    use crate::user::foreign_hash::compare_one as compare;

    const PASSWORD: &[u8] = b"correct horse battery staple";
    /// argon2-cffi 25.1 made it of [`PASSWORD`].
    const STORED: &str =
        "{ARGON2}$argon2id$v=19$m=1024,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$WHgvyW8Gptf87EcoCZ9qeI7pigT0zY+gonr224t6Rrg";

    #[test]
    fn hashes_of_argon2_cffi_match_their_password_only() {
        for stored in [
            STORED,
            "{ARGON2}$argon2i$v=19$m=1024,t=3,p=1$AAECAwQFBgcICQoLDA0ODw$ir+E2NV7WMfUms6RE4xtxkrWtk8NDSJvruQaY/wgIW4",
            "{ARGON2}$argon2d$v=19$m=1024,t=2,p=2$AAECAwQFBgcICQoLDA0ODw$e/Ldf8aASXhVuTEdB1gCzfAArL878YPsLGp+59DogMI",
            "{ARGON2}$argon2id$v=16$m=2048,t=2,p=3$\
             AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw$\
             TcIO9XDUbDLCVLwg6uEFDjM5n9sK7ZUWrKO3rXr+zNutpvjCsvHBVj6dWIeojf+L6Mka9M8P5ltNuAKPYgdnpUWlThX8epZYhDWwL9zP9\
             Lc+ckbYtsUazh4JJH3W0/CLY9j5dvCo2gjrvFYuoR/SMvbhWUYEJVSJa6t1LDA/bpk",
            "{ARGON2}$argon2i$v=16$m=1024,t=3,p=1$AAECAwQFBgc$cAnvfCsIwoE5+Nq7Jhzc3w",
            "{ARGON2}$argon2i$m=1024,t=3,p=1$AAECAwQFBgc$cAnvfCsIwoE5+Nq7Jhzc3w",
            "{ARGON2}$argon2id$v=19$m=1024,t=1,p=4$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g$\
             Geu4a912jmpdNrs+vyN65zdvisCSSERF4IUpkq8MBHjjNalTILQstuZGidQYkjIXulC0mMd4TA5f1lu0NPQ0FH4",
        ] {
            assert_eq!(check(stored), Ok(Kind::Argon2), "{stored}");
            assert_eq!(compare(PASSWORD, stored), Ok(Comparison::Match), "{stored}");
            assert_eq!(compare(b"correct horse battery stapler", stored), Ok(Comparison::Mismatch));
        }
    }

    #[test]
    fn costs_beyond_the_bounds_are_refused() {
        let with = |cost: &str| check(&STORED.replace("m=1024,t=2,p=1", cost));
        assert_eq!(with("m=1048576,t=4,p=1"), Ok(Kind::Argon2));
        let memory = Refusal::Cost { parameter: "memory (m, in KiB)", least: 1_024, most: 1_048_576 };
        assert_eq!(with("m=1048577,t=1,p=1"), Err(memory));
        assert_eq!(with("m=1023,t=9,p=1"), Err(memory));
        assert!(with("m=1048576,t=5,p=1").unwrap_err().to_string().ends_with("must be from 1024 to 4194304"));
        assert!(with("m=1024,t=4294967295,p=1").is_err());
        assert!(with("m=1024,t=0,p=1").is_err());
        let lanes = Refusal::Cost { parameter: "number of lanes (p)", least: 1, most: 255 };
        assert_eq!(with("m=4096,t=2,p=256"), Err(lanes));
        assert_eq!(with("m=4096,t=2,p=0"), Err(lanes));
        assert_eq!(with("m=1024,t=2,p=129"), Err(FORM), "eight blocks for each lane");
    }

    #[test]
    fn salts_and_hashes_of_other_lengths_are_refused() {
        let with = |salt: usize, hash: usize| {
            let text = |bytes: usize| STANDARD_NO_PAD.encode(vec![7; bytes]);
            check(&format!("{{ARGON2}}$argon2i$v=19$m=1024,t=2,p=1${}${}", text(salt), text(hash)))
        };
        for (salt, hash) in [(8, 16), (64, 128), (64, 16), (8, 128)] {
            assert_eq!(with(salt, hash), Ok(Kind::Argon2), "{salt} {hash}");
        }
        assert_eq!((with(7, 32), with(65, 32)), (Err(Refusal::Salt), Err(Refusal::Salt)));
        assert_eq!((with(16, 15), with(16, 129)), (Err(Refusal::Hash), Err(Refusal::Hash)));
    }

    #[test]
    fn other_forms_are_refused() {
        for stored in [
            "{ARGON2}",
            "{ARGON2}$argon2id$",
            &STORED.replace("$argon2id$", "$argon2$"),
            &STORED.replace("$argon2id$", "argon2id$"),
            &STORED.replace("v=19", "v=17"),
            &STORED.replace("v=19", "v=019"),
            &STORED.replace("p=1$", "p=1,x=1$"),
            &STORED.replace("p=1$", "p=1,keyid=AAAA$"),
            &STORED.replace("m=1024,t=2", "t=2,m=1024"),
            &STORED.replace("m=1024", "m=01024"),
            &format!("{STORED}$"),
        ] {
            assert_eq!(check(stored), Err(FORM), "{stored}");
        }
        assert_eq!(check(&STORED.replace("ODw$", "ODw=$")), Err(Refusal::Salt));
        assert_eq!(check(&format!("{STORED}=")), Err(Refusal::Hash));
    }
}
