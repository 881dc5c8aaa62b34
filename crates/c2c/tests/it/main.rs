//! Tests of the facade: answers to browsers, caches and strangers.

mod respond;
mod sandbox;
mod scripts;
mod stored;

use c2c::{Catalogue, Page, Sandbox, SandboxBuilder, Snippets};
use http::Request;

const CODE: &str = "<script>c2c.on('call_ended', () => send())</script>";

fn builder() -> SandboxBuilder {
    let [app, widget] = ["demo", "https://widget.example"];
    Sandbox::builder(app.parse().expect("an app"))
        .catalogue(Catalogue::reference())
        .widget(widget.parse().expect("an origin"))
}

fn page() -> Page {
    let sandbox = builder().build().expect("a sandbox");
    sandbox.compile(Snippets::head(CODE)).expect("sound code").page().clone()
}

fn get(headers: &[(&str, &str)]) -> Request<()> {
    request("GET", headers)
}

fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method(method).uri("/s/demo");
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).expect("a request")
}
