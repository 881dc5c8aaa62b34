//! An app with integrations, for tests of single modules.

use std::sync::Arc;

use c2c_catalogue::Catalogue;
use c2c_delivery::{Agreement, CollectMode, EndpointId, Format, Scheme};
use c2c_names::AppId;
use c2c_store::{Actor, CollectSettings, EndpointMove, Limits, NewApp, Note, Store, Version};
use clap::Parser as _;
use tempfile::TempDir;

use super::{Integrations, Webhook};
use crate::delivery_limits::DeliveryLimits;
use crate::settings::Settings;
use crate::sites::Sites;

/// A database with one app, which takes events.
pub(crate) struct Site {
    pub(crate) store: Store,
    pub(crate) app: AppId,
    pub(crate) by: Actor,
    pub(crate) integrations: Arc<Integrations>,
    _folder: TempDir,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().display();
        let settings = Settings::parse_from(["c2c-server", "--data-dir", &data.to_string()]);
        let database = format!("sqlite:{data}/c2c.db").parse().expect("a database");
        let store = Store::open(&database, Limits::default()).await.expect("it opens");
        let (by, app) = ("a test".parse().expect("an actor"), "demo".parse().expect("an id"));
        store.create(&by, &app, &NewApp::default()).await.expect("it is created");
        let collect = CollectSettings { mode: CollectMode::Refuse, ..CollectSettings::default() };
        let collects = store.configure_collect(&by, &app, Version::new(0), &collect).await;
        collects.expect("it takes events");
        let sites = Sites::new(&settings, 1, 2).expect("the defaults work together");
        let catalogue = Arc::new(Catalogue::reference().clone());
        let limits = DeliveryLimits::default();
        let integrations = Integrations::new(&settings, &sites, store.clone(), catalogue, &limits);
        let integrations = Arc::new(integrations.expect("no key is needed yet"));
        Self { store, app, by, integrations, _folder: folder }
    }

    /// Adds an endpoint that was not asked yet.
    pub(crate) async fn endpoint(&self, number: u32) -> EndpointId {
        let webhook = Webhook {
            name: "A receiver".parse().expect("a name"),
            url: Some(format!("https://{number}.shop.example/")),
            format: Format::Standard,
            filter: vec!["*".to_owned()],
            in_flight_max: 1,
        };
        let added = self.integrations.add(&self.by, &self.app, webhook, Scheme::V1, None).await;
        added.expect("it is added").0
    }

    /// Makes an endpoint active.
    pub(crate) async fn activate(&self, endpoint: EndpointId) {
        let agrees = EndpointMove::Agree(Agreement::Skipped, Note::default());
        self.go(endpoint, &agrees).await;
    }

    pub(crate) async fn go(&self, endpoint: EndpointId, to: &EndpointMove) {
        self.store.move_endpoint(&self.by, &self.app, endpoint, to).await.expect("it goes");
    }
}
