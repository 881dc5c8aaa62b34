//! Documents that are compiled once, for all servers.

use c2c_cluster::Cluster;
use c2c_server::Limits;

use crate::client::{Fixture, PATIENCE, eventually};
use crate::console::{DEMO, settings};

/// How many versions have compiled the documents of all apps.
const FINISHED: &str =
    "SELECT COUNT(*) FROM job WHERE name LIKE 'documents %' AND until = 9223372036854775807";

struct Data {
    cluster: Cluster,
    url: String,
}

impl Data {
    fn new() -> Self {
        let cluster = Cluster::start().expect("a PostgreSQL");
        let url = cluster.database("c2c").expect("a database");
        Self { cluster, url }
    }

    async fn server(&self, more: &[&str]) -> Fixture {
        Fixture::with(&Limits::default(), &[&["--database", &self.url], more].concat()).await
    }

    fn sql(&self, sql: &str) -> String {
        self.cluster.psql("c2c", sql).expect(sql).trim().to_owned()
    }

    /// Waits until SQL gives this.
    async fn wait(&self, sql: &str, expected: &str) {
        let mut last = String::new();
        let came = eventually(PATIENCE, async || {
            last = self.sql(sql);
            last == expected
        });
        let came = came.await;
        assert!(came, "{sql}: {last} instead of {expected}");
    }
}

/// The live document of each app is kept, under the keys of one server.
async fn two_apps(data: &Data, server: &Fixture) -> String {
    server.publish(DEMO, "live", "<b>of the demo</b>").await;
    let other = server.create("Other").await;
    server.publish(&other, "live", "<b>of the other</b>").await;
    data.wait("SELECT COUNT(*) FROM document WHERE app_id = 'demo' AND revision = 2", "1").await;
    data.wait("SELECT COUNT(*) FROM document WHERE app_id <> 'demo' AND revision = 1", "1").await;
    other.replace("/api/apps/", "")
}

/// Changes the name of the demo app, which is in no document: the server reads the app again.
async fn forget(server: &Fixture) {
    let mut settings = settings(&[], "visit");
    settings["name"] = "Renamed".into();
    assert_eq!(server.configure(DEMO, &settings).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_compiled_once() {
    let data = Data::new();
    let server = data.server(&[]).await;
    let other = two_apps(&data, &server).await;
    // Only a server that compiles can tell that the document is of another app.
    data.sql(&format!(
        "UPDATE document SET bytes = (SELECT bytes FROM document WHERE app_id = '{other}')
         WHERE app_id = 'demo' AND revision = 2"
    ));
    forget(&server).await;
    assert!(server.document("/s/demo").await.contains("of the other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_document_is_compiled_again() {
    let data = Data::new();
    let server = data.server(&[]).await;
    two_apps(&data, &server).await;
    let digest = "SELECT md5(bytes) FROM document WHERE app_id = 'demo' AND revision = 2";
    let whole = data.sql(digest);
    data.sql(
        "UPDATE document SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE app_id = 'demo'",
    );
    assert_ne!(data.sql(digest), whole);
    forget(&server).await;
    assert!(server.document("/s/demo").await.contains("of the demo"));
    data.wait(digest, &whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_compiled_for_a_visitor_is_kept() {
    let data = Data::new();
    let server = data.server(&[]).await;
    two_apps(&data, &server).await;
    data.sql("DELETE FROM document");
    forget(&server).await;
    assert!(server.document("/s/demo").await.contains("of the demo"));
    data.wait("SELECT COUNT(*) FROM document WHERE app_id = 'demo' AND revision = 2", "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_upgrade_all_documents_are_compiled_in_the_background() {
    let data = Data::new();
    let first = data.server(&[]).await;
    two_apps(&data, &first).await;
    let staged = first.with_staging().await;
    staged.publish(DEMO, "staging", "<b>staged</b>").await;
    data.wait(FINISHED, "1").await;
    // All that goes into its documents but this setting is the same, as after an upgrade.
    let second = data.server(&["--hold-ms", "4321"]).await;
    data.wait(FINISHED, "2").await;
    let sandboxes = "SELECT string_agg(n, ' ' ORDER BY n) FROM (SELECT app_id || revision || '=' ||
        COUNT(DISTINCT sandbox) AS n FROM document WHERE app_id = 'demo' GROUP BY app_id, revision) AS of_demo";
    // Staging was switched on in the meantime, which is in no document.
    data.wait(sandboxes, "demo1=1 demo2=2 demo3=2").await;
    // The older server serves its own.
    assert!(staged.document("/s/demo").await.contains("of the demo"));
    assert!(second.document("/s/demo").await.contains("data-hold-ms=\"4321\""));
}
