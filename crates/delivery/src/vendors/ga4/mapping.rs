//! Which event becomes which of Google's.

use std::collections::BTreeMap;

use super::names::{self, ITEMS, PURCHASE, REFUND, TRANSACTION};
use super::value;
use crate::vendors::reader::{MappingError, Node, read_json};
use crate::vendors::source::{PersonalFields, Source};

/// 25 are allowed; a session and the mark of a test are ours.
const PARAMETERS_MAX: usize = 23;
/// The greatest length of a constant, in characters.
const TEXT_MAX: usize = 100;

/// Which event becomes which of Google's, with which parameters: data that an app's owner can edit.
///
/// ```
/// use c2c_delivery::vendors::{PersonalFields, ga4::Mapping};
///
/// let mapping = Mapping::parse(r#"{
///     "client_id": {"from": "/data/context/ga_client_id"},
///     "session_id": {"from": "/data/context/ga_session_id"},
///     "events": {
///         "custom:order_called": {
///             "name": "generate_lead",
///             "params": {"lead_source": {"value": "click_to_call"}, "team": {"from": "/data/team"}}
///         }
///     }
/// }"#, &PersonalFields::default())?;
///
/// let error = Mapping::parse(r#"{
///     "client_id": {"from": "/data/context/ga_client_id"},
///     "events": {"custom:order_called": {"name": "click"}}
/// }"#, &PersonalFields::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "/events/custom:order_called/name: is a name that Google makes itself; choose another",
/// );
/// # Ok::<(), c2c_delivery::vendors::MappingError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub(super) client_id: Source,
    pub(super) session_id: Option<Source>,
    /// The allowed uses of the data for advertising; without them, the visitor's decision in the page's tag holds.
    pub(super) consent: BTreeMap<String, AdConsent>,
    pub(super) rules: BTreeMap<String, Rule>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) name: String,
    /// Instead of the mapping's.
    pub(super) client_id: Option<Source>,
    /// Instead of the mapping's.
    pub(super) session_id: Option<Source>,
    pub(super) params: BTreeMap<String, Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AdConsent {
    Granted,
    Denied,
}

impl AdConsent {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Granted => "GRANTED",
            Self::Denied => "DENIED",
        }
    }
}

impl Mapping {
    /// Reads a mapping from JSON. `personal` are the fields that must not be sent.
    ///
    /// # Errors
    ///
    /// Fails at the first place that breaks a rule of Google's or ours.
    pub fn parse(text: &str, personal: &PersonalFields) -> Result<Self, MappingError> {
        let value = read_json(text)?;
        let root = Node::root(&value);
        root.only(&["client_id", "session_id", "consent", "events"])?;
        let client_id = root.needed("client_id")?;
        let session_id = root.member("session_id")?;
        Ok(Self {
            client_id: client(&client_id, None, personal)?,
            session_id: session_id.map(|node| client(&node, None, personal)).transpose()?,
            consent: root
                .member("consent")?
                .map_or_else(|| Ok(BTreeMap::new()), |node| consent(&node))?,
            rules: root.needed("events")?.rules(|event, node| rule(event, node, personal))?,
        })
    }

    /// The names of the events that have a rule.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.rules.keys().map(String::as_str)
    }
}

/// The id of a client or a session: a constant would make all visitors one.
fn client(
    node: &Node<'_>,
    event: Option<&str>,
    personal: &PersonalFields,
) -> Result<Source, MappingError> {
    let source = node.clear_source(event, personal)?;
    match source {
        Source::Place(_) => Ok(source),
        Source::Constant(_) => Err(node
            .error("would be the same for all visitors; write \"from\" and the place of the id")),
    }
}

fn consent(node: &Node<'_>) -> Result<BTreeMap<String, AdConsent>, MappingError> {
    node.only(&["ad_user_data", "ad_personalization"])?;
    let mut consent = BTreeMap::new();
    for (key, node) in node.members()? {
        let decision = match node.text()? {
            "GRANTED" => AdConsent::Granted,
            "DENIED" => AdConsent::Denied,
            _ => return Err(node.error("must be \"GRANTED\" or \"DENIED\"")),
        };
        consent.insert(key.to_owned(), decision);
    }
    Ok(consent)
}

fn rule(event: &str, node: &Node<'_>, personal: &PersonalFields) -> Result<Rule, MappingError> {
    node.only(&["name", "client_id", "session_id", "params"])?;
    let name = node.needed("name")?;
    let text = name.text()?;
    if let Some(fault) = names::event_fault(text) {
        return Err(name.error(fault));
    }
    let mut params = BTreeMap::new();
    if let Some(node) = node.member("params")? {
        for (param, node) in node.members()? {
            params.insert(param.to_owned(), parameter(event, param, &node, personal)?);
        }
        if params.len() > PARAMETERS_MAX {
            return Err(
                node.error(format!("has more than {PARAMETERS_MAX} parameters; remove some"))
            );
        }
    }
    let needs: &[&str] = match text {
        PURCHASE => &[TRANSACTION, "currency", "value", ITEMS],
        REFUND => &[TRANSACTION],
        _ if params.contains_key("value") => &["currency"],
        _ => &[],
    };
    if let Some(needed) = needs.iter().find(|needed| !params.contains_key(**needed)) {
        return Err(node.error(format!(
            "needs the parameter \"{needed}\" (Google requires it with \"{}\"); add it",
            if needs.len() == 1 && text != REFUND { "value" } else { text }
        )));
    }
    let own =
        |key: &str| node.member(key)?.map(|node| client(&node, Some(event), personal)).transpose();
    Ok(Rule {
        name: text.to_owned(),
        client_id: own("client_id")?,
        session_id: own("session_id")?,
        params,
    })
}

fn parameter(
    event: &str,
    name: &str,
    node: &Node<'_>,
    personal: &PersonalFields,
) -> Result<Source, MappingError> {
    if let Some(fault) = names::parameter_fault(name) {
        return Err(node.error(fault));
    }
    let source = node.clear_source(Some(event), personal)?;
    if let Source::Constant(constant) = &source {
        let node = node.needed("value")?;
        if name == TRANSACTION {
            return Err(
                node.error("would make all purchases one; write \"from\" and the place of the id")
            );
        }
        if name == ITEMS {
            return Err(node.error("must be a list in the event; write \"from\" and its place"));
        }
        if constant.as_str().is_some_and(|text| text.chars().count() > TEXT_MAX) {
            return Err(node.error(format!("is longer than {TEXT_MAX} characters; shorten it")));
        }
        if !value::takes(name, constant) {
            return Err(node.error("has not the form that Google wants for this parameter"));
        }
    }
    Ok(source)
}
