//! `cargo xtask screenshots`: pictures of every screen, in two widths and two color schemes.
//!
//! They are for people to look at; nothing compares them.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use c2c_e2e::{
    Browser, Collector, ColorScheme, Context as _, DEADLINE, Engine, Options, Result, Server,
    target_dir,
};

/// A screen: the name of its pictures, and what brings the browser there.
type Screen =
    (&'static str, for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>);

const SCREENS: &[Screen] = &[
    ("apps", |stage| Box::pin(apps(stage))),
    ("editor", |stage| Box::pin(editor(stage))),
    ("demo-page", |stage| Box::pin(demo_page(stage))),
    ("widget", |stage| Box::pin(widget(stage))),
];

const WIDTHS: [u32; 2] = [1280, 400];
/// A page that is longer is shown whole all the same.
const HEIGHT: u32 = 800;
const SCHEMES: [ColorScheme; 2] = [ColorScheme::Light, ColorScheme::Dark];

/// What a screen is made with.
struct Stage {
    server: Arc<Server>,
    browser: Browser,
}

async fn apps(stage: &Stage) -> Result<()> {
    stage.browser.goto(&format!("{}/", stage.server.console)).await?;
    stage.browser.wait_for("document.querySelector('#app-list li')", DEADLINE).await?;
    Ok(())
}

async fn editor(stage: &Stage) -> Result<()> {
    stage.browser.goto(&format!("{}/apps/demo", stage.server.console)).await?;
    // It says of both areas what it found in them.
    let checked =
        "[...document.querySelectorAll('#code .verdict')].every((verdict) => verdict.textContent)";
    stage.browser.wait_for(checked, DEADLINE).await?;
    Ok(())
}

async fn demo_page(stage: &Stage) -> Result<()> {
    let url = format!("{}/p/demo?orderId=A-1&customerTier=gold", stage.server.parent);
    stage.browser.goto(&url).await?;
    stage.browser.wait_for("document.querySelector('#events li')", DEADLINE).await?;
    Ok(())
}

async fn widget(stage: &Stage) -> Result<()> {
    stage.browser.goto(&format!("{}/w/demo", stage.server.widget)).await?;
    stage.browser.wait_for("document.querySelector('.card').checkVisibility()", DEADLINE).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = target_dir()?.join("screenshots");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let collector = Collector::start().await?;
    let server = Arc::new(Server::start().await?);
    // The only engine whose screen can be set.
    let browser = Browser::start(Engine::Chromium, &collector, &Options::default()).await?;
    let stage = Stage { server, browser };
    for width in WIDTHS {
        stage.browser.set_viewport(width, HEIGHT).await?;
        for scheme in SCHEMES {
            stage.browser.set_color_scheme(scheme).await?;
            for (name, bring) in SCREENS {
                let file = folder.join(format!("{name}-{width}-{}.png", scheme.name()));
                bring(&stage).await.context(name)?;
                take(&stage.browser, &file).await?;
            }
        }
    }
    stage.browser.close().await
}

async fn take(browser: &Browser, file: &Path) -> Result<()> {
    std::fs::write(file, browser.page_screenshot().await?)?;
    println!("{}", file.display());
    Ok(())
}
