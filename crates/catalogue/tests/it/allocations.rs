//! Accepting an event allocates nothing.

use allocation_counter::measure;
use c2c_catalogue::{Catalogue, UnknownFields, Validator};

use crate::random;

#[test]
fn accepting_allocates_nothing_and_refusing_does() {
    for catalogue in [Catalogue::reference(), &random::everything()] {
        let validator = Validator::new(catalogue, UnknownFields::Reject);
        for fixture in catalogue.fixtures() {
            let mut accepted = None;
            let asked = measure(|| accepted = Some(validator.accepts(&fixture.envelope)));
            assert_eq!((accepted, asked.count_total), (Some(fixture.fault.is_none()), 0));
            let mut verdict = None;
            let counted = measure(|| verdict = Some(validator.check_envelope(&fixture.envelope)));
            assert_eq!(verdict.is_some_and(|verdict| verdict.is_ok()), fixture.fault.is_none());
            // A problem is text, so a rejection shows that the counter works.
            assert_eq!(counted.count_total == 0, fixture.fault.is_none(), "{}", fixture.name);
            let name = fixture.envelope["name"].as_str().unwrap_or_default();
            if fixture.fault.is_none() && !name.contains(':') {
                let data = &fixture.envelope["data"];
                assert_eq!(
                    measure(|| assert!(validator.check_data(name, data).is_ok())).count_total,
                    0
                );
            }
        }
    }
}
