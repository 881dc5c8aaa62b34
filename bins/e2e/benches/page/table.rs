//! Medians of the visits, relative to the page without tags, and the goals.

use crate::visit::Visit;
use crate::ways::Way;

type Measure = (&'static str, fn(&Visit) -> f64);

const BLOCKED: Measure = ("blocked time", |visit| visit.blocked);

/// The columns.
const MEASURES: [Measure; 4] = [
    BLOCKED,
    ("longest gap", |visit| visit.longest),
    ("load", |visit| visit.load),
    ("bytes", |visit| visit.bytes),
];

/// The most blocked time with c2c, relative to the page without tags, and to Partytown.
const GOALS: [(Way, f64); 2] = [(Way::NoTags, 1.15), (Way::Partytown, 0.35)];

/// With this number of undisturbed visits of each way, the others are ignored.
const ENOUGH: usize = 9;

/// The visits by way.
#[derive(Default)]
pub(crate) struct Table([Vec<Visit>; 4]);

impl Table {
    pub(crate) fn add(&mut self, way: Way, visit: Visit) {
        self.0[way as usize].push(visit);
    }

    /// Prints it; returns whether the goals were met.
    pub(crate) fn print(mut self) -> bool {
        let all = self.0.each_ref().map(Vec::len);
        let quiet =
            self.0.each_ref().map(|visits| visits.iter().filter(|visit| !visit.disturbed).count());
        let by_quiet = quiet.iter().all(|count| *count >= ENOUGH);
        if by_quiet {
            for visits in &mut self.0 {
                visits.retain(|visit| !visit.disturbed);
            }
        }
        println!("visits of each way: {all:?}; undisturbed by other programs: {quiet:?}");
        println!("the figures are of {}", if by_quiet { "the undisturbed ones" } else { "all" });
        let heads = MEASURES.map(|(measure, _)| format!("{measure:<24}"));
        println!("medians (quartiles), relative to the median without tags:");
        println!("{:<18}{}", "", heads.concat());
        for way in Way::ALL {
            let cells = MEASURES.map(|measure| {
                let usual = self.quartiles(Way::NoTags, measure)[1];
                let [low, median, high] =
                    self.quartiles(way, measure).map(|value| ratio(value, usual));
                format!("{:<24}", format!("{median:.2} ({low:.2} to {high:.2})"))
            });
            println!("{:<18}{}", way.name(), cells.concat());
        }
        // All of them are printed.
        GOALS.map(|(other, goal)| self.meets(other, goal)) == [true; GOALS.len()]
    }

    fn meets(&self, other: Way, goal: f64) -> bool {
        let [ours, theirs] = [Way::C2c, other].map(|way| self.quartiles(way, BLOCKED)[1]);
        let ratio = ratio(ours, theirs);
        let met = ratio <= goal;
        let verdict = if met { "met" } else { "MISSED" };
        let name = other.name();
        println!(
            "{:<36} {ratio:.2} (goal at most {goal}: {verdict})",
            format!("blocked time, c2c to {name}")
        );
        met
    }

    /// Returns the lower quartile, the median, and the upper quartile.
    fn quartiles(&self, way: Way, (_, measure): Measure) -> [f64; 3] {
        let mut values: Vec<f64> = self.0[way as usize].iter().map(measure).collect();
        values.sort_by(f64::total_cmp);
        let count = values.len();
        [values[count / 4], values[count / 2], values[count - 1 - count / 4]]
    }
}

/// Returns the ratio; two pages that were never blocked are equal.
fn ratio(value: f64, usual: f64) -> f64 {
    if value <= 0.0 && usual <= 0.0 { 1.0 } else { value / usual }
}
