//! Choices that a seed repeats.

use std::hash::{BuildHasher as _, RandomState};

/// The generator `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("64 bits");
        usize::try_from(self.next() % end).expect("less than a usize")
    }
}

/// The seed that `C2C_CRASH_SEED` gives.
pub(crate) fn seed() -> Option<u64> {
    let seed = std::env::var("C2C_CRASH_SEED").ok()?;
    Some(seed.parse().expect("C2C_CRASH_SEED is a number"))
}

/// The seed that is given, or a new one.
pub(crate) fn new_seed() -> u64 {
    seed().unwrap_or_else(|| RandomState::new().hash_one(()))
}
