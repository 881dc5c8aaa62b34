//! The content of events goes after the days of their app's settings, and the record of their deliveries stays.

use std::time::Duration;

use c2c_receivers::Receiver;
use c2c_server::Limits;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;

use crate::client::{Fixture, PATIENCE, To, eventually};
use crate::console::DEMO;
use crate::integrating::{envelope, id};
use crate::integrations_api::on_file;

/// A server sweeps when it starts. If the one before it was stopped at that work, it begins after a minute.
const SWEPT: Duration = Duration::from_mins(2);

/// The time of receipt, in milliseconds, becomes 25 hours earlier.
const A_DAY_AGO: &str = "UPDATE event SET received_at = received_at - 90000000 WHERE id = $1";

#[tokio::test(flavor = "multi_thread")]
async fn content_goes_after_its_days_and_the_record_stays() {
    let (receiver, folder) = (Receiver::taking().await, TempDir::new().expect("a directory"));
    let (database, settings) = on_file(&folder, &receiver);
    let settings = settings.each_ref().map(String::as_str);
    let fixture = Fixture::with(&Limits::default(), &settings).await;
    let least = json!({"mode": "refuse", "bodyDays": 1, "metaDays": 90, "searchKeys": ["orderId"]});
    let collect = format!("{DEMO}/integrations/collect");
    assert_eq!(fixture.edit(&collect, "\"0\"", &least).await.status, 200);
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    let events = [1, 2].map(|number| envelope("custom:visit_ended", number));
    fixture.emit_new(DEMO, &events).await;
    let delivered = format!("{DEMO}/deliveries?outcome=delivered");
    let both =
        async || fixture.read(&delivered).await["deliveries"].as_array().map(Vec::len) == Some(2);
    assert!(eventually(PATIENCE, both).await);
    fixture.running.stop().await;

    let mut other = SqliteConnection::connect(&database).await.expect("opens");
    let moved = sqlx::query(A_DAY_AGO).bind(id(1)).execute(&mut other).await.expect("it is moved");
    assert_eq!(moved.rows_affected(), 1);
    other.close().await.expect("closes");
    let fixture = Fixture::with(&Limits::default(), &settings).await;
    let path = format!("{DEMO}/events/{}", id(1));
    let is_gone = async || fixture.read(&path).await["events"][0]["envelope"].is_null();
    assert!(eventually(SWEPT, is_gone).await);

    let event = fixture.read(&path).await["events"][0].clone();
    let delivery = &event["deliveries"][0];
    assert_eq!(
        (&event["id"], &event["name"], &delivery["endpoint"], &delivery["outcome"]),
        (&json!(id(1)), &json!("custom:visit_ended"), &json!(endpoint.id()), &json!("delivered"))
    );
    let shown = format!("{DEMO}/deliveries/{}/{}", endpoint.id(), event["seq"]);
    for path in [&path, &shown] {
        let reply = fixture.get(To::Console, path, &[]).await;
        assert!(reply.status == 200 && !reply.text().contains("orderId"), "{path}: {reply:?}");
    }
    let replayed = fixture.write("POST", &format!("{shown}/replay"), &json!({})).await;
    assert_eq!(replayed.problem(), (409, "body-gone".to_owned()));
    // The other event is of today.
    let newer = fixture.read(&format!("{DEMO}/events/{}", id(2))).await["events"][0].clone();
    assert_eq!(newer["envelope"], events[1]);
}
