//! Any file as a catalogue, and any text as an envelope.
//!
//! The input is the catalogue, TOML or JSON, and after the first U+001F, if there is one, the envelope.
//!
//! An accepted catalogue survives its file and makes its artefacts, and its fixtures have the
//! faults that they name. An envelope that the reference catalogue accepts is accepted by the
//! types, too. (The crate's random tests compare with a JSON Schema validator.)

#![no_main]

use c2c_catalogue::reference::Event;
use c2c_catalogue::{Catalogue, Name, UnknownFields, Validator, read_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let (file, envelope) = input.split_once('\u{1f}').unwrap_or((input, input));
    for read in [Catalogue::from_toml(file), Catalogue::from_json(file)] {
        match read {
            Ok(catalogue) => holds(&catalogue, envelope),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    is_judged_alike(envelope);
});

fn holds(catalogue: &Catalogue, envelope: &str) {
    assert_eq!(Catalogue::from_json(&catalogue.to_json()).as_ref(), Ok(catalogue));
    assert_eq!(catalogue.check_upgrade(catalogue), Ok(()));
    for (name, text) in catalogue.artefacts() {
        assert!(text.ends_with('\n'), "{name}");
    }
    let validator = Validator::new(catalogue, UnknownFields::Reject);
    for fixture in catalogue.fixtures() {
        let refused = validator.check_envelope(&fixture.envelope).err();
        let problems = refused.map(|refused| refused.problems).unwrap_or_default();
        let pointers: Vec<_> = problems.iter().map(|problem| &problem.pointer).collect();
        assert_eq!(pointers, fixture.fault.iter().collect::<Vec<_>>(), "{}", fixture.name);
    }
    if let Ok(value) = read_json(envelope) {
        let strict = validator.check_envelope(&value);
        let lenient = Validator::new(catalogue, UnknownFields::Keep).check_envelope(&value);
        let warned = Validator::new(catalogue, UnknownFields::Warn).check_envelope(&value);
        assert!(strict.is_err() || lenient.is_ok(), "who refuses less accepts more");
        assert_eq!(warned.is_ok(), lenient.is_ok());
        assert_eq!(strict.is_ok(), warned.is_ok_and(|warnings| warnings.is_empty()));
    }
}

fn is_judged_alike(text: &str) {
    let validator = Validator::new(Catalogue::reference(), UnknownFields::Reject);
    let read = validator.read_envelope(text);
    let Ok(value) = read_json(text) else {
        assert!(read.is_err(), "what has two meanings is no envelope");
        return;
    };
    match read {
        Ok(envelope) => {
            assert_eq!(validator.check_envelope(&value), Ok(vec![]));
            let printed = envelope.to_string();
            let again = validator.read_envelope(&printed).expect("what is printed is read");
            assert_eq!(again.to_string(), printed);
            let is_widget = matches!(envelope.name(), Name::Widget(_));
            assert_eq!(envelope.event::<Event>().is_ok(), is_widget);
        }
        // The types know no times after 9999-12-30, where time zones begin to matter.
        Err(error)
            if value["timestamp"].as_str().is_some_and(|time| time.starts_with("9999-12-3")) =>
        {
            assert!(!error.to_string().is_empty());
        }
        Err(_) => assert!(validator.check_envelope(&value).is_err()),
    }
}
