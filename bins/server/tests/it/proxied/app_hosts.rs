//! A host for each app behind a proxy, with one certificate for all of them.

use bytes::Bytes;
use c2c_proxies::{HOSTS, Kind};
use http_body_util::Full;
use hyper::Request;

use super::deployment::{Deployment, HTTP_1, HTTP_2};
use super::{FRAME, check_policy};
use crate::client::{Connection, Reply, To, request};

const DOMAIN: &str = HOSTS[3];

/// A request over HTTP/1.1 for a host, over a connection for a name.
async fn get(deployment: &Deployment, name: &str, host: &str) -> Reply {
    let stream = deployment.tls(name, HTTP_1).await.expect("a connection over TLS");
    let mut connection = Connection::over(stream);
    connection.send(&request("GET", "/s/demo", &[&format!("host: {host}"), FRAME], "")).await;
    connection.reply("GET").await
}

/// The same over HTTP/2.
async fn get_2(deployment: &Deployment, name: &str, host: &str) -> Reply {
    let request = Request::get(format!("https://{host}/s/demo")).header("sec-fetch-dest", "iframe");
    let request = request.body(Full::<Bytes>::default()).expect("a request");
    deployment.send_2(name, request).await.expect("a response")
}

pub(super) async fn each_app_has_its_own_host(kind: Kind) {
    let deployment = Deployment::with_app_hosts(kind).await;
    let (own, other) = (format!("demo.{DOMAIN}"), format!("other.{DOMAIN}"));
    for reply in [get(&deployment, &own, &own).await, get_2(&deployment, &own, &own).await] {
        assert_eq!(reply.status, 200, "{reply:?}");
        check_policy(&reply);
    }
    // Another app's host does not have it, in the words of the server.
    for reply in [get(&deployment, &other, &other).await, get_2(&deployment, &other, &other).await]
    {
        assert_eq!(reply.status, 421, "{reply:?}");
        assert!(reply.text().contains("This server does not speak for the host"), "{reply:?}");
        check_policy(&reply);
    }
    // The certificate is for both, but a connection for one app's host carries no request for another's.
    for (name, host) in [(&other, &own), (&own, &other), (&own, &DOMAIN.to_owned())] {
        for reply in [get(&deployment, name, host).await, get_2(&deployment, name, host).await] {
            assert_eq!(reply.status, 421, "{host} over {name}: {reply:?}");
            assert!(!reply.text().contains("This server"), "{host} over {name}: {reply:?}");
        }
    }
    // The domain itself is the host of no app, and neither is a name with two labels.
    for name in [DOMAIN, &format!("a.demo.{DOMAIN}")] {
        assert!(deployment.tls(name, HTTP_1).await.is_err(), "{name}");
        assert!(deployment.tls(name, HTTP_2).await.is_err(), "{name}");
    }
    let widget = deployment.get(To::Widget, "/w/demo", &[]).await;
    let policy = widget.header("content-security-policy");
    assert!(policy.contains(&format!("frame-src https://{own};")), "{policy}");
    let reply = deployment.plain(&own, "/s/demo").await;
    assert!(matches!(reply.status, 301 | 308), "{reply:?}");
    assert_eq!(reply.header("location"), format!("https://{own}/s/demo"));
    assert_eq!(deployment.plain(DOMAIN, "/s/demo").await.status, 421);
}
