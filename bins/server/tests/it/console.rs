//! The console's work on apps, in one call for each of a person's steps.

use serde_json::{Value, json};

use crate::client::{Client, Fixture, Reply, To};

/// The demo app's address in the API.
pub(crate) const DEMO: &str = "/api/apps/demo";

pub(crate) fn code(head: &str, body_end: &str) -> Value {
    json!({"head": head, "bodyEnd": body_end})
}

/// Settings of the demo app.
pub(crate) fn settings(parent_origins: &[&str], jar: &str) -> Value {
    json!({"name": "Demo", "parentOrigins": parent_origins, "jar": jar, "staging": false, "approval": false})
}

impl Client {
    /// Reads something of the console that is there.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let reply = self.get(To::Console, path, &[]).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    /// The entity tag of something of the console.
    pub(crate) async fn tag(&self, path: &str) -> String {
        let reply = self.get(To::Console, path, &[]).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.header("etag").to_owned()
    }

    /// Makes an app without code, and gives its address.
    pub(crate) async fn create(&self, name: &str) -> String {
        let made = self.write("POST", "/api/apps", &json!({"name": name})).await;
        assert_eq!(made.status, 201, "{made:?}");
        format!("/api/apps/{}", made.json()["id"].as_str().expect("an id"))
    }

    /// Changes the settings that are there.
    pub(crate) async fn configure(&self, app: &str, settings: &Value) -> Reply {
        let path = format!("{app}/settings");
        self.edit(&path, &self.tag(&path).await, settings).await
    }

    /// Saves the draft over the one that is there.
    pub(crate) async fn save(&self, app: &str, code: &Value) -> Reply {
        let path = format!("{app}/draft");
        self.edit(&path, &self.tag(&path).await, code).await
    }

    /// A publication of the draft that is there, in the place of the revision that is there.
    pub(crate) async fn publication(&self, app: &str, to: &str) -> Value {
        let draft = self.read(&format!("{app}/draft")).await;
        let there = if to == "staging" { "staged" } else { "live" };
        let replaces = &self.read(app).await[there];
        json!({"draft": draft["version"], "replaces": replaces, "to": to})
    }

    /// Publishes the draft that is there.
    pub(crate) async fn publish_draft(&self, app: &str, to: &str) -> Reply {
        let publication = self.publication(app, to).await;
        self.write("POST", &format!("{app}/revisions"), &publication).await
    }

    /// Saves a head as the draft, publishes it, and gives its revision's number.
    pub(crate) async fn publish(&self, app: &str, to: &str, head: &str) -> i64 {
        let saved = self.save(app, &code(head, "")).await;
        assert_eq!(saved.status, 200, "{saved:?}");
        let published = self.publish_draft(app, to).await;
        assert_eq!(published.status, 201, "{published:?}");
        published.json()["revision"].as_i64().expect("a number")
    }

    /// Switches the code of an app off or on.
    pub(crate) async fn switch(&self, app: &str, off: bool) -> Reply {
        self.write("PUT", &format!("{app}/switch"), &json!({"off": off, "reason": "a test"})).await
    }

    /// The document that visitors get, or that staging has.
    pub(crate) async fn document(&self, path: &str) -> String {
        let reply = self.get(To::Sandbox, path, &[]).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.text().to_owned()
    }
}

impl Fixture {
    /// Gives the demo app a staging environment.
    pub(crate) async fn with_staging(self) -> Self {
        let mut settings = settings(&[], "visit");
        settings["staging"] = true.into();
        assert_eq!(self.configure(DEMO, &settings).await.status, 200);
        self
    }
}
