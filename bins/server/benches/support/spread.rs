//! Pairs of measurements, and what they say together.

/// One worker for each server, so that the comparison measures work and not scheduling.
pub(crate) const ONE_THREAD: (&str, &str) = ("TOKIO_WORKER_THREADS", "1");

/// The median of ratios, and its quartiles.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    pub(crate) fn of(mut ratios: Vec<f64>) -> Self {
        ratios.sort_by(f64::total_cmp);
        let at = |share: usize| ratios[(ratios.len() - 1) * share / 4];
        Self { median: at(2), low: at(1), high: at(3) }
    }

    /// Measures pairs. The first one alternates, so that the machine's drift favours neither.
    pub(crate) fn of_pairs(
        pairs: usize,
        mut ours: impl FnMut() -> f64,
        mut theirs: impl FnMut() -> f64,
    ) -> Self {
        let ratio = |pair: usize| {
            if pair.is_multiple_of(2) {
                let first = ours();
                first / theirs()
            } else {
                let first = theirs();
                ours() / first
            }
        };
        Self::of((0..pairs).map(ratio).collect())
    }
}
