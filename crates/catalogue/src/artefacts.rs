//! The files generated from a catalogue.

use crate::{Catalogue, UnknownFields};

impl Catalogue {
    /// All files generated from a catalogue, with their names: the catalogue itself as JSON, its schema
    /// (which rejects unknown fields), the types, the reference, and the fixtures.
    ///
    /// `cargo run --example artefacts` writes them into a folder.
    pub fn artefacts(&self) -> [(&'static str, String); 5] {
        [
            ("catalogue.json", self.to_json()),
            ("catalogue.schema.json", self.json_schema(UnknownFields::Reject)),
            ("c2c.d.ts", self.typescript()),
            ("events.md", self.markdown()),
            ("fixtures.json", self.fixtures_json()),
        ]
    }
}
