//! The sandbox in actix-web, whose `http` is older: `cargo run -p c2c --example actix_web -- https://widget.example`
#![expect(clippy::print_stdout, reason = "the address to open")]

use std::{env, error::Error, net::TcpListener};

use actix_web::error::ErrorInternalServerError as Failed;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Result};
use c2c::{Page, Sandbox, Scripts, Snippets};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let widget = env::args().nth(1).ok_or("missing: the origin of the widget page")?;
    let sandbox = Sandbox::builder("demo".parse()?).widget(widget.parse()?).build()?;
    let pasted = "<script>c2c.on('call_ended', (e) => c2c.emit('heard', { by: 'actix_web', seconds: e.seconds }))</script>";
    let compiled = sandbox.compile(Snippets::head(pasted))?;
    let served = Data::new((compiled.page().clone(), Scripts::new()));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/s/demo", listener.local_addr()?);
    let app = move || App::new().app_data(served.clone()).default_service(web::to(respond));
    Ok(HttpServer::new(app).workers(1).listen(listener)?.run().await?)
}

async fn respond(served: Data<(Page, Scripts)>, asked: HttpRequest) -> Result<HttpResponse> {
    let mut request = http::Request::builder().method(asked.method().as_str()).uri(asked.path());
    for (name, value) in asked.headers() {
        request = request.header(name.as_str(), value.as_bytes());
    }
    let request = request.body(()).map_err(Failed)?;
    let document = (asked.path() == "/s/demo").then(|| served.0.respond(&request));
    let Some(found) = document.or_else(|| served.1.respond(&request)) else {
        return Ok(HttpResponse::NotFound().finish());
    };
    let status = StatusCode::from_u16(found.status().as_u16()).map_err(Failed)?;
    let mut response = HttpResponse::build(status);
    for (name, value) in found.headers() {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    Ok(response.body(found.into_body()))
}
