//! Traces, as a collector of OpenTelemetry gets them; and collectors that are of no use.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use c2c_server::Limits;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Fixture, To};
use crate::console::{DEMO, code};

/// In every value that no span may have.
const SECRET: &str = "s3cr3t-planted";
const IN_FRAME: &str = "sec-fetch-dest: iframe";
/// A trace of another program, and its span there.
const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const PARENT: u64 = 0x00f0_67aa_0ba9_02b7;

/// The head and the body of a request.
type Request = (String, Vec<u8>);

/// A collector, and all requests that it got.
struct Collector {
    endpoint: String,
    got: Arc<Mutex<Vec<Request>>>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&got);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let got = Arc::clone(&kept);
                tokio::spawn(async move {
                    // Recorded before the answer, after which a test may look.
                    let Some((mut stream, request)) = read(stream).await else { return };
                    got.lock().expect("no panic").push(request);
                    let answer =
                        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _gone = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { endpoint, got }
    }

    fn requests(&self) -> Vec<Request> {
        self.got.lock().expect("no panic").clone()
    }

    fn spans(&self) -> Vec<Span> {
        let all = self.requests().into_iter().flat_map(|(_, body)| {
            ExportTraceServiceRequest::decode(&body[..]).expect("a request of OTLP").resource_spans
        });
        all.flat_map(|of_resource| of_resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

/// Reads one request, which is answered on the same connection.
async fn read(mut stream: TcpStream) -> Option<(TcpStream, Request)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII").to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
    let length: usize = length.expect("a length").parse().expect("a number");
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    Some((stream, (head, bytes[end..].to_vec())))
}

async fn start(endpoint: &str, more: &[&str]) -> Fixture {
    let arguments = [&["--otlp-endpoint", endpoint], more].concat();
    Fixture::with(&Limits::default(), &arguments).await
}

fn text_of(attributes: &[KeyValue], name: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == name)?.value.clone();
    match value {
        Some(Any { value: Some(AnyValue::StringValue(text)) }) => Some(text),
        Some(Any { value: Some(AnyValue::IntValue(number)) }) => Some(number.to_string()),
        other => panic!("{name}: {other:?}"),
    }
}

/// A span in short: its name and the attributes, in their order.
fn short(span: &Span) -> String {
    let text = |name| text_of(&span.attributes, name).unwrap_or_else(|| "-".to_owned());
    assert!(
        span.attributes.len() <= 3 && span.events.is_empty() && span.links.is_empty(),
        "{span:?}"
    );
    assert!(span.start_time_unix_nano > 0 && span.end_time_unix_nano >= span.start_time_unix_nano);
    let [method, route, status] =
        ["http.request.method", "http.route", "http.response.status_code"].map(text);
    format!("{}: {method} {route} {status}", span.name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_has_the_route_and_nothing_of_what_was_asked() {
    let collector = Collector::start().await;
    let authorization = "Bearer the-collectors";
    let fixture = start(&collector.endpoint, &["--otlp-authorization", authorization]).await;
    let headers = [
        format!("cookie: {SECRET}=1"),
        format!("authorization: Bearer {SECRET}"),
        format!("tracestate: a={SECRET}"),
        format!("baggage: a={SECRET}"),
        format!("user-agent: {SECRET}"),
    ];
    let headers: Vec<_> = headers.iter().map(String::as_str).collect();
    fixture.save(DEMO, &code(&format!("<!-- {SECRET} -->"), SECRET)).await;
    fixture.write("POST", "/api/apps", &json!({"name": SECRET})).await;
    for path in
        [format!("{DEMO}?{SECRET}"), format!("/api/apps/{SECRET}"), format!("/api/{SECRET}")]
    {
        fixture.get(To::Console, &path, &headers).await;
    }
    fixture.send(To::Console, &SECRET.to_uppercase(), DEMO, &headers, "").await;
    // Once from the database, and once from memory, for which there is no span.
    for _ in 0..2 {
        assert_eq!(
            fixture.get(To::Sandbox, &format!("/s/demo?{SECRET}"), &[IN_FRAME]).await.status,
            200
        );
    }
    fixture.get(To::Widget, &format!("/staging/{SECRET}"), &headers).await;
    fixture.get(To::Sandbox, &format!("/preview-link/{SECRET}"), &headers).await;
    fixture.get(To::Parent, &format!("/{SECRET}"), &headers).await;
    // The console's own page is not of the API.
    fixture.get(To::Console, &format!("/?{SECRET}"), &headers).await;
    fixture.running.stop().await;

    let mut spans: Vec<_> = collector.spans().iter().map(short).collect();
    spans.sort();
    spans.dedup();
    let expected = [
        "GET /api/apps/{app}/draft: GET /api/apps/{app}/draft 200",
        "GET /api/apps/{app}: GET /api/apps/{app} 200",
        "GET /api/apps/{app}: GET /api/apps/{app} 404",
        "GET /preview-link/{ticket}: GET /preview-link/{ticket} 404",
        "GET /s/{app}: GET /s/{app} 200",
        "GET /staging/{app}: GET /staging/{app} 404",
        "GET: GET - 404",
        "POST /api/apps: POST /api/apps 201",
        "PUT /api/apps/{app}/draft: PUT /api/apps/{app}/draft 200",
        "_OTHER /api/apps/{app}: _OTHER /api/apps/{app} 415",
    ];
    assert_eq!(spans, expected);
    let misses = collector.spans().iter().filter(|span| span.name == "GET /s/{app}").count();
    assert_eq!(misses, 1);
    for (head, body) in collector.requests() {
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
        assert!(head.contains("authorization: bearer the-collectors\r\n"), "{head}");
        let all = format!("{head}{}", String::from_utf8_lossy(&body)).to_ascii_lowercase();
        assert!(!all.contains(SECRET), "{all}");
        assert!(all.contains("c2c-server"), "{all}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_on_if_a_proxy_says_so() {
    let header = format!("traceparent: 00-{TRACE:032x}-{PARENT:016x}-01");
    for (proxies, continues) in [("127.0.0.1", true), ("127.0.0.9", false)] {
        let collector = Collector::start().await;
        let fixture = start(&collector.endpoint, &["--proxies", proxies]).await;
        assert_eq!(fixture.get(To::Console, DEMO, &[&header]).await.status, 200);
        assert_eq!(fixture.get(To::Sandbox, "/s/demo", &[&header, IN_FRAME]).await.status, 200);
        fixture.running.stop().await;
        let spans = collector.spans();
        assert_eq!(spans.len(), 2, "{spans:?}");
        for span in spans {
            assert_eq!(span.trace_id == TRACE.to_be_bytes(), continues, "{proxies}: {span:?}");
            assert_eq!(
                span.parent_span_id == PARENT.to_be_bytes(),
                continues,
                "{proxies}: {span:?}"
            );
        }
    }
}

/// One accepts connections and says nothing, of the other there is only an address.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_costs_nothing_but_the_spans() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent_at = format!("http://{}", silent.local_addr().expect("an address"));
    for endpoint in [silent_at.as_str(), "http://127.0.0.1:1"] {
        let fixture = start(endpoint, &[]).await;
        // More than the queue holds, and more than a batch.
        let mut longest = Duration::ZERO;
        let mut connection = fixture.connect(To::Console).await;
        let host = format!("host: {}", fixture.host(To::Console));
        for _ in 0..3000 {
            let began = Instant::now();
            connection.send(&crate::client::request("GET", "/api/none", &[&host], "")).await;
            assert_eq!(connection.reply("GET").await.status, 404);
            longest = longest.max(began.elapsed());
        }
        assert!(longest < Duration::from_secs(2), "{endpoint}: a request took {longest:?}");
        let began = Instant::now();
        fixture.running.stop().await;
        // Two seconds for the traces, and some for a busy machine.
        assert!(began.elapsed() < Duration::from_secs(5), "{endpoint}: {:?}", began.elapsed());
    }
}
