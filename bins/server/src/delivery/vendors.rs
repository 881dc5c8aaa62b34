//! The work of people on endpoints at vendors: they add them and change them.

use c2c_delivery::{About, Agreement, EndpointId, Format, Keyring};
use c2c_names::AppId;
use c2c_store::{Actor, Endpoint, EndpointSettings, Name, NewEndpoint, Version};
use serde_json::{Map, Value};

use super::manage::{ManageError, stored_seal, unopened};
use super::ready::target;
use super::vendor::{Vendor, VendorKind, consents, merged};
use super::{Integrations, random};

/// A vendor's endpoint, as a person describes it.
#[derive(Debug)]
pub(crate) struct VendorDraft {
    pub(crate) kind: VendorKind,
    pub(crate) name: Name,
    /// The members of the credentials, as the core names them. Of a change, those that are not here stay, and null
    /// removes one.
    pub(crate) credentials: Map<String, Value>,
    /// `None`: the default one, or the present one stays.
    pub(crate) mapping: Option<Value>,
    pub(crate) in_flight_max: u32,
}

impl Integrations {
    /// Adds a vendor's endpoint. It gets events at once.
    pub(crate) async fn add_vendor(
        &self,
        by: &Actor,
        app: &AppId,
        draft: VendorDraft,
    ) -> Result<EndpointId, ManageError> {
        let mapping = draft.mapping.unwrap_or_else(|| draft.kind.default_mapping(&self.catalogue));
        let mapping = mapping.to_string();
        let credentials = Value::Object(draft.credentials).to_string();
        let vendor = Vendor::read(draft.kind, credentials.as_bytes(), &mapping, &self.catalogue)?;
        let ring = self.keys.ring_or_make()?;
        let id = EndpointId::random();
        let settings = EndpointSettings {
            name: draft.name,
            host: vendor.host().to_owned(),
            target: seal(&ring, app, id, &vendor),
            // Vendors have forms of their own.
            format: Format::Standard,
            filter: vendor.filter()?,
            consents: consents(false),
            mapping,
            in_flight_max: draft.in_flight_max,
            rate_per_minute: None,
        };
        let (kind, agreed) = (draft.kind.into(), Agreement::NotNeeded);
        let new = NewEndpoint { id, kind, settings, agreed, secrets: Vec::new() };
        self.store.add_endpoint(by, app, &new).await?;
        Ok(id)
    }

    /// Changes a vendor's endpoint.
    pub(crate) async fn change_vendor(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        edited: Version,
        draft: VendorDraft,
    ) -> Result<Version, ManageError> {
        let before = self.store.endpoint(app, id).await?;
        if VendorKind::of(before.kind) != Some(draft.kind) {
            return Err(ManageError::Kind(before.kind));
        }
        let ring = self.keys.ring_or_make()?;
        let present = present(&before, &ring)?;
        let credentials = Value::Object(merged(present, draft.credentials));
        let mapping = draft.mapping.map_or(before.settings.mapping, |mapping| mapping.to_string());
        let vendor = Vendor::read(
            draft.kind,
            credentials.to_string().as_bytes(),
            &mapping,
            &self.catalogue,
        )?;
        let settings = EndpointSettings {
            name: draft.name,
            host: vendor.host().to_owned(),
            target: seal(&ring, app, id, &vendor),
            filter: vendor.filter()?,
            mapping,
            in_flight_max: draft.in_flight_max,
            ..before.settings
        };
        Ok(self.store.change_endpoint(by, app, id, edited, &settings, None).await?)
    }

    /// Changes whether a vendor gets events of pages that do not ask their visitors.
    pub(crate) async fn take_not_asked(
        &self,
        by: &Actor,
        app: &AppId,
        id: EndpointId,
        edited: Version,
        takes: bool,
    ) -> Result<Version, ManageError> {
        let before = self.store.endpoint(app, id).await?;
        if VendorKind::of(before.kind).is_none() {
            return Err(ManageError::Kind(before.kind));
        }
        let settings = EndpointSettings { consents: consents(takes), ..before.settings };
        Ok(self.store.change_endpoint(by, app, id, edited, &settings, None).await?)
    }
}

/// The credentials of a vendor's endpoint, as JSON.
fn present(endpoint: &Endpoint, ring: &Keyring) -> Result<Value, ManageError> {
    let credentials = target(endpoint, ring).map_err(|error| unopened(endpoint.id, &*error))?;
    serde_json::from_slice(&credentials).map_err(|error| unopened(endpoint.id, &error))
}

fn seal(ring: &Keyring, app: &AppId, endpoint: EndpointId, vendor: &Vendor) -> c2c_store::Sealed {
    let text = vendor.credentials().to_string();
    stored_seal(ring.seal(random(), About::Target { app, endpoint }, text.as_bytes()))
}
