//! Which event becomes which of Meta's.

use std::collections::BTreeMap;

use super::names::{self, PURCHASE, PlainKey};
use super::value;
use crate::vendors::normal::UserKey;
use crate::vendors::reader::{MappingError, Node, read_json};
use crate::vendors::source::{PersonalFields, Place, Source};

/// Ours: Meta names none.
const DATA_MAX: usize = 25;

/// Which event becomes which of Meta's, with which data: data that an app's owner can edit.
///
/// ```
/// use c2c_delivery::vendors::{PersonalFields, meta::Mapping};
///
/// let mapping = Mapping::parse(r#"{
///     "user_data": {"fbp": {"from": "/data/context/fbp"}, "fbc": {"from": "/data/context/fbc"}},
///     "events": {
///         "custom:order_called": {
///             "name": "Contact",
///             "event_id": {"from": "/data/event_id"},
///             "user_data": {"em": {"from": "/data/email"}},
///             "custom_data": {"content_name": {"value": "Click to call"}}
///         }
///     }
/// }"#, &PersonalFields::default())?;
///
/// // The source of a hash must not be sent beside it.
/// let error = Mapping::parse(r#"{
///     "user_data": {"em": {"from": "/data/email"}},
///     "events": {
///         "custom:order_called": {"name": "Contact", "custom_data": {"customer": {"from": "/data/email"}}}
///     }
/// }"#, &PersonalFields::default()).unwrap_err();
/// assert_eq!(error.pointer, "/events/custom:order_called/custom_data/customer");
/// # Ok::<(), c2c_delivery::vendors::MappingError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// Meta's limited use of data: the country and the state.
    pub(super) limited: Option<Limited>,
    pub(super) rules: BTreeMap<String, Rule>,
}

/// [Limited Data Use][page]: the codes of a country and a state, 0 for those that Meta finds out by the address.
///
/// [page]: https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/data-processing-options
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limited {
    pub(super) country: u64,
    pub(super) state: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) event_id: Option<Source>,
    pub(super) people: People,
    pub(super) custom: BTreeMap<String, Source>,
}

/// The sources of `user_data`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct People {
    pub(super) hashed: BTreeMap<UserKey, Hashed>,
    pub(super) plain: BTreeMap<PlainKey, Source>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hashed {
    pub(super) source: Source,
    /// The value is a digest already.
    pub(super) is_digest: bool,
}

impl Mapping {
    /// Reads a mapping from JSON. `personal` are the fields that may only be sent as hashes.
    ///
    /// # Errors
    ///
    /// Fails at the first place that breaks a rule of Meta's or ours.
    pub fn parse(text: &str, personal: &PersonalFields) -> Result<Self, MappingError> {
        let value = read_json(text)?;
        let root = Node::root(&value);
        root.only(&["data_processing", "user_data", "events"])?;
        let limited = root.member("data_processing")?.map(|node| limited(&node)).transpose()?;
        let shared = match root.member("user_data")? {
            Some(node) => people(&node, None, personal)?,
            None => People::default(),
        };
        let rules =
            root.needed("events")?.rules(|event, node| rule(event, node, &shared, personal))?;
        Ok(Self { limited, rules })
    }

    /// The names of the events that have a rule.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().map(String::as_str)
    }
}

fn limited(node: &Node<'_>) -> Result<Limited, MappingError> {
    node.only(&["country", "state"])?;
    let (country, state) = (node.needed("country")?, node.needed("state")?);
    let code = |node: &Node<'_>, is_known: fn(u64) -> bool, known: &str| {
        node.value()
            .as_u64()
            .filter(|code| is_known(*code))
            .ok_or_else(|| node.error(format!("must be {known}")))
    };
    Ok(Limited {
        country: code(&country, |code| code <= 1, "0 (by the address) or 1 (United States)")?,
        state: code(
            &state,
            |code| code == 0 || (1_000..1_100).contains(&code),
            "0 (by the address) or Meta's code of a state, such as 1000 (California)",
        )?,
    })
}

fn people(
    node: &Node<'_>,
    event: Option<&str>,
    personal: &PersonalFields,
) -> Result<People, MappingError> {
    let mut people = People::default();
    for (name, node) in node.members()? {
        if let Ok(key) = name.parse::<UserKey>() {
            people.hashed.insert(key, hashed(key, &node)?);
        } else if let Ok(key) = name.parse::<PlainKey>() {
            let source = node.clear_source(event, personal)?;
            if source.place().is_none() {
                return Err(
                    node.error("would be the same for all visitors; write \"from\" and its place")
                );
            }
            people.plain.insert(key, source);
        } else {
            let known: Vec<_> = UserKey::ALL.iter().map(|key| key.word()).collect();
            let plain: Vec<_> = PlainKey::ALL.iter().map(|key| key.word()).collect();
            return Err(node.error(format!(
                "is not known; write one of: {}, {} (address and user agent are taken from the request)",
                known.join(", "),
                plain.join(", ")
            )));
        }
    }
    Ok(people)
}

fn hashed(key: UserKey, node: &Node<'_>) -> Result<Hashed, MappingError> {
    let source = node.source(&["hashed"])?;
    let is_digest = match node.member("hashed")? {
        Some(node) => node.value().as_bool().ok_or_else(|| node.error("must be true or false"))?,
        None => false,
    };
    if let Source::Constant(value) = &source {
        let same = matches!(key, UserKey::Country | UserKey::State | UserKey::City);
        if !same || is_digest {
            return Err(
                node.error("would be the same for all visitors; write \"from\" and its place")
            );
        }
        if value.as_str().and_then(|text| key.hash(text)).is_none() {
            return Err(
                node.error("has not the form that Meta wants, such as \"de\" for a country")
            );
        }
    }
    Ok(Hashed { source, is_digest })
}

fn rule(
    event: &str,
    node: &Node<'_>,
    shared: &People,
    personal: &PersonalFields,
) -> Result<Rule, MappingError> {
    node.only(&["name", "event_id", "user_data", "custom_data"])?;
    let name = node.needed("name")?;
    let text = name.text()?;
    if let Some(fault) = names::event_fault(text) {
        return Err(name.error(fault));
    }
    let mut people = shared.clone();
    if let Some(node) = node.member("user_data")? {
        let own = self::people(&node, Some(event), personal)?;
        people.hashed.extend(own.hashed);
        people.plain.extend(own.plain);
    }
    let event_id = node.member("event_id")?;
    let event_id = event_id.map(|node| id(&node, event, personal)).transpose()?;
    let custom = custom(event, node, text == PURCHASE, personal)?;
    let rule = Rule { name: text.to_owned(), event_id, people, custom };
    apart(&rule, node)?;
    Ok(rule)
}

fn id(node: &Node<'_>, event: &str, personal: &PersonalFields) -> Result<Source, MappingError> {
    let source = node.clear_source(Some(event), personal)?;
    match source {
        Source::Place(_) => Ok(source),
        Source::Constant(_) => {
            Err(node.error("would make all events one; write \"from\" and the place of the id"))
        }
    }
}

fn custom(
    event: &str,
    rule: &Node<'_>,
    is_purchase: bool,
    personal: &PersonalFields,
) -> Result<BTreeMap<String, Source>, MappingError> {
    let mut custom = BTreeMap::new();
    if let Some(node) = rule.member("custom_data")? {
        for (name, node) in node.members()? {
            if let Some(fault) = names::data_fault(name) {
                return Err(node.error(fault));
            }
            let source = node.clear_source(Some(event), personal)?;
            if let Source::Constant(constant) = &source
                && value::custom(name, constant).is_none()
            {
                return Err(node.error("has not the form that Meta wants for this name"));
            }
            custom.insert(name.to_owned(), source);
        }
        if custom.len() > DATA_MAX {
            return Err(node.error(format!("has more than {DATA_MAX} members; remove some")));
        }
    }
    let needs = [("value", is_purchase), ("currency", is_purchase || custom.contains_key("value"))];
    if let Some((needed, _)) =
        needs.iter().find(|(name, is_needed)| *is_needed && !custom.contains_key(*name))
    {
        let with = if is_purchase { PURCHASE } else { "value" };
        return Err(rule.error(format!(
            "needs \"{needed}\" in \"custom_data\" (Meta requires it with \"{with}\"); add it"
        )));
    }
    Ok(custom)
}

/// Fails if the source of a hash is sent in the clear, too. The ids in the mapping's own `user_data` are checked for each
/// event that they go with.
fn apart(rule: &Rule, node: &Node<'_>) -> Result<(), MappingError> {
    let custom =
        rule.custom.iter().map(|(name, source)| (vec!["custom_data", name.as_str()], source));
    let plain =
        rule.people.plain.iter().map(|(key, source)| (vec!["user_data", key.word()], source));
    let id = rule.event_id.iter().map(|source| (vec!["event_id"], source));
    for (way, source) in custom.chain(plain).chain(id) {
        let Some(place) = source.place() else { continue };
        let node = if node.has(&way) { node.at(&way) } else { Node::root(node.value()).at(&way) };
        let sources = rule.people.hashed.iter();
        let hashed = sources.filter_map(|(key, hashed)| Some((key, hashed.source.place()?)));
        if let Some((key, _)) = hashed.into_iter().find(|(_, other)| Place::overlaps(other, place))
        {
            return Err(node.error(format!(
                "{:?} is hashed as \"{key}\", so it must not be sent beside its hash; remove one of them",
                place.text()
            )));
        }
    }
    Ok(())
}
