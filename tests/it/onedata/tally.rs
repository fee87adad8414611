//! How many cases agree, by kind.

use std::collections::BTreeMap;
use std::fmt;

/// Agreeing and all cases, by kind.
#[derive(Default)]
pub struct Tally(BTreeMap<String, (u32, u32)>);

impl Tally {
    pub fn count(&mut self, kind: String, agrees: bool) {
        let (agreeing, all) = self.0.entry(kind).or_default();
        *agreeing += u32::from(agrees);
        *all += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (agreeing, all) = self.0.values().fold((0, 0), |(agreeing, all), (more, of)| (agreeing + more, all + of));
        writeln!(f, "{agreeing} of {all} agree ({:.4})", f64::from(agreeing) / f64::from(all))?;
        self.0.iter().try_for_each(|(kind, (agreeing, all))| writeln!(f, "  {agreeing:>3} of {all:>3} {kind}"))
    }
}
