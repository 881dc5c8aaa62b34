//! The sandbox in axum: `cargo run -p c2c --example axum -- https://widget.example`
#![expect(clippy::print_stdout, reason = "the address to open")]

use std::{env, error::Error, sync::Arc};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Router, body::Body, routing::get};
use c2c::{Page, Sandbox, Scripts, Snippets};
use tokio::net::TcpListener;

type Served = Arc<(Page, Scripts)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let widget = env::args().nth(1).ok_or("missing: the origin of the widget page")?;
    let sandbox = Sandbox::builder("demo".parse()?).widget(widget.parse()?).build()?;
    let pasted = "<script>c2c.on('call_ended', (e) => c2c.emit('heard', { by: 'axum', seconds: e.seconds }))</script>";
    let compiled = sandbox.compile(Snippets::head(pasted))?;
    let served: Served = Arc::new((compiled.page().clone(), Scripts::new()));
    let router = Router::new().route("/s/demo", get(document)).fallback(scripts).with_state(served);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/s/demo", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn document(State(served): State<Served>, request: Request) -> Response {
    served.0.respond(&request).map(Body::from)
}

async fn scripts(State(served): State<Served>, request: Request) -> Response {
    let found = served.1.respond(&request).map(|response| response.map(Body::from));
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}
