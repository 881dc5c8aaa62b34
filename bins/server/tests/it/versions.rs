//! An older and a newer server on one PostgreSQL, as during a deploy.
//!
//! There is only one version here. A newer one is this one after a change of the schema, such as the rules
//! in `crates/store/src/schema.rs` allow, with another setting, so that each compiles documents of its own.

use std::time::Duration;

use crate::client::{Client, Fixture, eventually};
use crate::console::{DEMO, code};
use crate::database::{database, server};
use c2c_server::Limits;

/// The settings of the two servers.
const OLDER_MS: &str = "15000";
const NEWER_MS: &str = "5000";
/// Changes of another server are seen within a second, and some time for a slow machine.
const SEEN: Duration = Duration::from_secs(3);

/// A later version of the schema.
const NEWER: &str = "ALTER TABLE app ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';
    ALTER TABLE draft ADD COLUMN lines INT NOT NULL DEFAULT 0;
    ALTER TABLE revision ADD COLUMN lines INT NOT NULL DEFAULT 0;
    ALTER TABLE audit ADD COLUMN reason TEXT;
    ALTER TABLE plan ADD COLUMN reason TEXT;
    CREATE TABLE invitation (id TEXT PRIMARY KEY, app_id TEXT REFERENCES app (id));
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999, 'newer', TRUE, '', 0)";

/// A use case of a later version: it puts revision 1 live, in its own way.
const USE_CASE: &str = r#"UPDATE app SET live = 1, colour = 'blue' WHERE id = 'demo';
    UPDATE clock SET seq = seq + 1;
    INSERT INTO audit (seq, app_id, at, actor, visible, action, reason)
        SELECT seq, 'demo', 0, 'newer', 1, '{"action": "recalled", "revision": 1}', 'why' FROM clock;
    SELECT pg_notify('c2c_change', '')"#;

/// Waits until a server's document has the text, or has it no more. It always has the server's own setting.
async fn check(server: &Client, text: &str, there: bool, hold_ms: &str) {
    let hold_ms = format!("data-hold-ms=\"{hold_ms}\"");
    let holds = async || {
        let document = server.document("/s/demo").await;
        assert!(document.contains(&hold_ms), "{document}");
        document.contains(text) == there
    };
    assert!(eventually(SEEN, holds).await, "{text:?} with {hold_ms}: {}", !there);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_and_a_newer_server_follow_each_other() {
    let (cluster, url) = database();
    let older = server(&url).await;
    check(&older, "call_ended", true, OLDER_MS).await;
    cluster.psql("c2c", NEWER).expect("a later version");
    let newer = ["--database", &url, "--hold-ms", NEWER_MS];
    let newer = Fixture::with(&Limits::default(), &newer).await;
    let both_serve = async |text: &str, there: bool| {
        check(&older, text, there, OLDER_MS).await;
        check(&newer, text, there, NEWER_MS).await;
    };
    both_serve("call_ended", true).await;

    for (server, revision) in [(&older, 2), (&newer, 3), (&older, 4)] {
        let text = format!("<b>revision {revision}</b>");
        assert_eq!(server.publish(DEMO, "live", &text).await, revision);
        both_serve(&text, true).await;
        assert_eq!(server.switch(DEMO, true).await.status, 200);
        both_serve(&text, false).await;
        assert_eq!(server.switch(DEMO, false).await.status, 200);
        both_serve(&text, true).await;
    }
    // An edit on one is a conflict on the other.
    let draft = format!("{DEMO}/draft");
    let tag = newer.tag(&draft).await;
    assert_eq!(older.save(DEMO, &code("theirs", "")).await.status, 200);
    let late = newer.edit(&draft, &tag, &code("ours", "")).await;
    assert_eq!(late.problem(), (412, "draft-conflict".to_owned()));

    cluster.psql("c2c", USE_CASE).expect("a use case");
    both_serve("call_ended", true).await;
    // A newer server knows its own action; this one shows it as it is.
    for server in [&older, &newer] {
        let entries = server.read(&format!("{DEMO}/audit")).await["entries"].clone();
        assert_eq!(entries[0]["action"], "recalled", "{entries}");
        assert_eq!(entries[1]["action"], "draftSaved", "{entries}");
    }
}
