//! Descriptions of endpoints at vendors by people: Google Analytics 4 and Meta.

use c2c_delivery::Kind;
use c2c_delivery::vendors::ga4::Region;
use c2c_store::Name;
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::failure::Failure;
use crate::delivery::{IN_FLIGHT, VendorDraft, VendorKind};

/// The most deliveries that may be under way for an endpoint at a time.
const IN_FLIGHT_MAX: u32 = 32;

pub(super) fn in_flight() -> u32 {
    IN_FLIGHT
}

pub(super) fn endpoint_name(name: &str) -> Result<Name, Failure> {
    name.parse().map_err(|error| Failure::bad_request(format!("/name: it {error}")))
}

pub(super) fn in_flight_max(number: u32) -> Result<u32, Failure> {
    let is_right = (1..=IN_FLIGHT_MAX).contains(&number);
    is_right
        .then_some(number)
        .ok_or_else(|| Failure::bad_request(format!("/inFlightMax: 1 to {IN_FLIGHT_MAX}")))
}

/// A new endpoint at Google Analytics 4. It gets events at once, with the visitors' consent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewGa4 {
    /// `ga4`.
    #[schema(value_type = String, example = "ga4")]
    #[expect(dead_code, reason = "it chose this form")]
    kind: Kind,
    /// For people: 1 to 100 characters.
    name: String,
    /// That of the web stream.
    #[schema(example = "G-ABCDEF1234")]
    measurement_id: String,
    /// A secret of the stream's Measurement Protocol. It cannot be read again.
    api_secret: String,
    /// `global` (the default) or `eu`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "eu")]
    region: Option<Region>,
    /// Which event becomes which of Google's (docs/integrations-vendors.md); without it, the default one.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    mapping: Option<Value>,
    /// How many requests it gets at a time, at most: 1 to 32; 8 by default.
    #[serde(default = "in_flight")]
    #[schema(minimum = 1, maximum = 32)]
    in_flight_max: u32,
}

/// A new endpoint at Meta. It gets events at once, with the visitors' consent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NewMeta {
    /// `meta`.
    #[schema(value_type = String, example = "meta")]
    #[expect(dead_code, reason = "it chose this form")]
    kind: Kind,
    /// For people: 1 to 100 characters.
    name: String,
    /// The id of the dataset (the pixel).
    #[schema(example = "1234567890123456")]
    dataset_id: String,
    /// A token for it. It cannot be read again.
    access_token: String,
    /// Shows events under *Test events*. Meta counts and uses them nevertheless.
    #[serde(default)]
    test_event_code: Option<String>,
    /// Which event becomes which of Meta's (docs/integrations-vendors.md); without it, the default one.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    mapping: Option<Value>,
    /// How many requests it gets at a time, at most: 1 to 32; 8 by default.
    #[serde(default = "in_flight")]
    #[schema(minimum = 1, maximum = 32)]
    in_flight_max: u32,
}

/// Changed settings of an endpoint at Google Analytics 4. Credentials and a mapping that are left out stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ChangedGa4 {
    /// `ga4`.
    #[schema(value_type = String, example = "ga4")]
    #[expect(dead_code, reason = "it chose this form")]
    kind: Kind,
    name: String,
    #[serde(default)]
    measurement_id: Option<String>,
    #[serde(default)]
    api_secret: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    region: Option<Region>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    mapping: Option<Value>,
    #[schema(minimum = 1, maximum = 32)]
    in_flight_max: u32,
}

/// Changed settings of an endpoint at Meta. Credentials and a mapping that are left out stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ChangedMeta {
    /// `meta`.
    #[schema(value_type = String, example = "meta")]
    #[expect(dead_code, reason = "it chose this form")]
    kind: Kind,
    name: String,
    #[serde(default)]
    dataset_id: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    test_event_code: Option<Value>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    mapping: Option<Value>,
    #[schema(minimum = 1, maximum = 32)]
    in_flight_max: u32,
}

/// Tells null from nothing.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// The members that have a value.
fn members<const N: usize>(all: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let given = all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    given.collect()
}

fn text(text: Option<String>) -> Option<Value> {
    text.map(Value::String)
}

impl NewGa4 {
    pub(super) fn draft(self) -> Result<VendorDraft, Failure> {
        let Self { name, measurement_id, api_secret, region, mapping, in_flight_max, .. } = self;
        let (measurement_id, api_secret) = (Some(measurement_id), Some(api_secret));
        let kind = Kind::Ga4;
        ChangedGa4 { kind, name, measurement_id, api_secret, region, mapping, in_flight_max }
            .draft()
    }
}

impl NewMeta {
    pub(super) fn draft(self) -> Result<VendorDraft, Failure> {
        let Self { name, dataset_id, access_token, test_event_code, mapping, .. } = self;
        ChangedMeta {
            kind: Kind::Meta,
            name,
            dataset_id: Some(dataset_id),
            access_token: Some(access_token),
            test_event_code: Some(json!(test_event_code)),
            mapping,
            in_flight_max: self.in_flight_max,
        }
        .draft()
    }
}

impl ChangedGa4 {
    pub(super) fn draft(self) -> Result<VendorDraft, Failure> {
        Ok(VendorDraft {
            kind: VendorKind::Ga4,
            name: endpoint_name(&self.name)?,
            credentials: members([
                ("measurement_id", text(self.measurement_id)),
                ("api_secret", text(self.api_secret)),
                ("region", self.region.map(|region| json!(region))),
            ]),
            mapping: self.mapping,
            in_flight_max: in_flight_max(self.in_flight_max)?,
        })
    }
}

impl ChangedMeta {
    pub(super) fn draft(self) -> Result<VendorDraft, Failure> {
        Ok(VendorDraft {
            kind: VendorKind::Meta,
            name: endpoint_name(&self.name)?,
            credentials: members([
                ("dataset_id", text(self.dataset_id)),
                ("access_token", text(self.access_token)),
                ("test_event_code", self.test_event_code),
            ]),
            mapping: self.mapping,
            in_flight_max: in_flight_max(self.in_flight_max)?,
        })
    }
}
