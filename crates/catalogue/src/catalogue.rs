//! The catalogue: a consistent list of events.

use std::sync::LazyLock;

use c2c_names::{CustomName, CustomNameError};

use crate::consistency;
use crate::error::CatalogueError;
use crate::model::EventDef;
use crate::version::Version;

/// A list of widget events with their fields: a widget's promise to its listeners.
///
/// A value of this type is consistent: names are distinct even without case and separators, bounds allow
/// some value, and examples are values of their types. It is read from a file ([`Catalogue::from_toml`],
/// [`Catalogue::from_json`]) or built in code.
///
/// ```
/// use c2c_catalogue::{Catalogue, EventDef, Field, Privacy, Type, Version};
///
/// let version = Version::new(1, 0, 0);
/// let catalogue = Catalogue::new("chat", version, vec![EventDef {
///     name: "chat_closed".parse()?,
///     since: version,
///     summary: "A chat is over.".to_owned(),
///     when: "The visitor closed the chat.".to_owned(),
///     fields: vec![Field {
///         name: "messages".to_owned(),
///         kind: Type::Integer { min: Some(0), max: None },
///         summary: "How many messages there were.".to_owned(),
///         example: 12.into(),
///         privacy: Privacy::None,
///     }],
/// }])?;
/// assert_eq!(Catalogue::from_json(&catalogue.to_json())?, catalogue);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    name: String,
    version: Version,
    events: Vec<EventDef>,
}

impl Catalogue {
    /// Creates a catalogue of these events, if they are consistent.
    pub fn new(
        name: impl Into<String>,
        version: Version,
        events: Vec<EventDef>,
    ) -> Result<Self, CatalogueError> {
        let name = name.into();
        let problems = consistency::problems(&name, version, &events);
        if problems.is_empty() {
            Ok(Self { name, version, events })
        } else {
            Err(CatalogueError::Inconsistent(problems))
        }
    }

    /// The catalogue of the reference widget, `reference/catalogue.toml` of this crate. Its events are
    /// the variants of [`Event`](crate::reference::Event).
    pub fn reference() -> &'static Self {
        static REFERENCE: LazyLock<Catalogue> = LazyLock::new(|| {
            Catalogue::from_toml(include_str!("../reference/catalogue.toml"))
                .expect("a test reads the same file")
        });
        &REFERENCE
    }

    /// The catalogue's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The catalogue's version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The events, in their order in the file.
    pub fn events(&self) -> &[EventDef] {
        &self.events
    }

    /// The event with this name.
    pub fn event(&self, name: &str) -> Option<&EventDef> {
        self.events.iter().find(|event| event.name.as_str() == name)
    }

    /// Parses the name of a custom event that custom code may emit beside these events.
    ///
    /// ```
    /// use c2c_catalogue::Catalogue;
    ///
    /// let catalogue = Catalogue::reference();
    /// assert!(catalogue.custom_name("chat_opened").is_ok());
    /// assert!(catalogue.custom_name("Call-Ended").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`CustomName::beside`].
    pub fn custom_name(&self, name: &str) -> Result<CustomName, CustomNameError> {
        CustomName::beside(self.events.iter().map(|event| &event.name), name)
    }

    pub(crate) fn event_names(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|event| event.name.as_str())
    }
}
