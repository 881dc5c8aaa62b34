//! The shapes of `smuggling.rs`, and those of HTTP/2, before a proxy: each answer of the server is for the
//! client that sent the request, and the next requests on its connections are answered as ever.

use c2c_proxies::Kind;

use super::deployment::{Deployment, HTTP_2, host};
use super::recorder::Relay;
use super::{FRAME, frames};
use crate::client::{To, statuses};
use crate::smuggling::shapes;

/// Asserts that the next requests get their own answers, and returns the statuses before them.
async fn check(deployment: &Deployment, relay: &Relay, shape: &str) -> Vec<u16> {
    for _ in 0..3 {
        let reply = deployment.get(To::Sandbox, "/s/demo", &[FRAME]).await;
        assert_eq!(reply.status, 200, "after {shape}: {reply:?}");
        assert!(reply.text().contains("</html>"), "after {shape}: {reply:?}");
    }
    let mut statuses = relay.statuses();
    let others = statuses.split_off(statuses.len() - 3);
    assert_eq!(others, [200; 3], "after {shape}");
    statuses
}

pub(super) async fn nothing_inside_a_request_reaches_the_server(kind: Kind) {
    let (deployment, relay) = Deployment::relayed(kind).await;
    let mut refused = 0;
    for shape in shapes(host(To::Sandbox)) {
        let mut connection = deployment.connect(To::Sandbox).await;
        // The proxy may close before it has read everything.
        let _ = connection.try_send(shape.bytes.as_bytes()).await;
        let mut answers = Vec::new();
        connection.answers(&mut answers, 1).await;
        let served = check(&deployment, &relay, &format!("{shape:?}")).await;
        refused += usize::from(served.is_empty());
        // Another proxy may take the inside for a second request. Then its answer is for this client.
        connection.answers(&mut answers, served.len()).await;
        let mut answers = statuses(&answers);
        answers.truncate(served.len());
        assert_eq!(answers, served, "{shape:?}");
    }
    assert!(refused > 20, "the proxy passed all but {refused}");
}

pub(super) async fn nothing_inside_a_request_over_http2_reaches_the_server(kind: Kind) {
    let (deployment, relay) = Deployment::relayed(kind).await;
    let name = host(To::Sandbox);
    let inside = format!("GET /s/demo HTTP/1.1\r\nhost: {name}\r\n\r\n");
    let after_end = format!("0\r\n\r\n{inside}");
    let with_head = format!("x\r\n\r\n{inside}");
    let with_field = "x\r\ntransfer-encoding: chunked";
    let in_path = "/s/demo HTTP/1.1\r\nhost: x\r\n\r\nGET /s/demo";
    let in_method = format!("GET /s/demo HTTP/1.1\r\nhost: {name}\r\n\r\nPOST");
    let chunked = ("transfer-encoding", "chunked");
    for (more, body) in [
        (&[("content-length", "0")][..], &*inside),
        (&[("content-length", "5")], &inside),
        (&[("content-length", "500")], &inside),
        (&[("content-length", "+5")], &inside),
        (&[("content-length", "0"), ("content-length", "5")], &inside),
        (&[chunked], &after_end),
        (&[chunked, ("content-length", "5")], &after_end),
        (&[("transfer-encoding ", "chunked")], &after_end),
        (&[("Transfer-Encoding", "chunked")], &after_end),
        (&[("connection", "transfer-encoding"), chunked], &after_end),
        (&[("x", &with_head)], ""),
        (&[("x", with_field)], &after_end),
        (&[("x", "x\ntransfer-encoding: chunked")], &after_end),
        (&[("x", "x\rtransfer-encoding: chunked")], &after_end),
        (&[("x", "x\0")], ""),
        (&[("x\r\ntransfer-encoding", "chunked")], &after_end),
        (&[("x: y\r\ntransfer-encoding", "chunked")], &after_end),
        (&[("transfer-encoding:", "chunked")], &after_end),
        (&[(":path", in_path)], ""),
        (&[(":method", &in_method)], ""),
        (&[(":authority", with_field)], &after_end),
        (&[(":scheme", with_field)], &after_end),
        (&[("host", with_field)], &after_end),
        (&[("cookie", &with_head)], ""),
    ] {
        // A field of `more` takes the place of the good one.
        let good =
            [(":method", "POST"), (":scheme", "https"), (":authority", name), (":path", "/s/demo")];
        let mut fields: Vec<_> = good
            .into_iter()
            .map(|(name, value)| {
                *more.iter().find(|field| field.0 == name).unwrap_or(&(name, value))
            })
            .collect();
        fields.extend(more.iter().filter(|field| !field.0.starts_with(':')));
        let stream = deployment.tls(name, HTTP_2).await.expect("a connection over TLS");
        frames::send(stream, &fields, body).await;
        let served = check(&deployment, &relay, &format!("{more:?}")).await;
        assert!(served.is_empty() || served == [405], "{served:?} to {more:?}");
    }
    // The frames are good ones: without any of these fields, the server answers.
    let good =
        [(":method", "GET"), (":scheme", "https"), (":authority", name), (":path", "/s/demo")];
    let stream = deployment.tls(name, HTTP_2).await.expect("a connection over TLS");
    frames::send(stream, &good, "").await;
    assert_eq!(relay.statuses(), [200]);
}
