//! The sandbox behind hyper: `cargo run -p c2c --example hyper -- https://widget.example`
#![expect(clippy::print_stdout, reason = "the address to open")]

use std::{convert::Infallible, env, error::Error, sync::Arc};

use bytes::Bytes;
use c2c::{Page, Sandbox, Scripts, Snippets};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let widget = env::args().nth(1).ok_or("missing: the origin of the widget page")?;
    let sandbox = Sandbox::builder("demo".parse()?).widget(widget.parse()?).build()?;
    let pasted = "<script>c2c.on('call_ended', (e) => c2c.emit('heard', { by: 'hyper', seconds: e.seconds }))</script>";
    let compiled = sandbox.compile(Snippets::head(pasted))?;
    let served = Arc::new((compiled.page().clone(), Scripts::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/s/demo", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let served = Arc::clone(&served);
        let service = service_fn(move |request| {
            let response = respond(&served, &request);
            async { Ok::<_, Infallible>(response.map(Full::new)) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn respond((page, scripts): &(Page, Scripts), request: &Request<Incoming>) -> Response<Bytes> {
    if request.uri().path() == "/s/demo" {
        return page.respond(request);
    }
    let mut missing = Response::new(Bytes::new());
    *missing.status_mut() = StatusCode::NOT_FOUND;
    scripts.respond(request).unwrap_or(missing)
}
