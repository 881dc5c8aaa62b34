//! `cargo xtask screenshots`: pictures of every screen, in two widths and two color schemes.
//!
//! They are for people to look at; nothing compares them.
#![expect(clippy::print_stdout, reason = "a command line tool talks to its user")]

use std::path::Path;

use c2c_harness::screens::{SCREENS, Stage};
use c2c_harness::{
    Browser, Collector, ColorScheme, Context as _, Engine, Options, Result, Server, target_dir,
};

/// A longer page is still shown whole; but frames beyond a screen are not painted.
const SIZES: [(u32, u32); 2] = [(1280, 800), (400, 2000)];
const SCHEMES: [ColorScheme; 2] = [ColorScheme::Light, ColorScheme::Dark];

#[tokio::main]
async fn main() -> Result<()> {
    let folder = target_dir()?.join("screenshots");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let collector = Collector::start().await?;
    let server = Server::start_with_receivers(&collector, &[]).await?;
    // The only engine whose screen size and color scheme can be set.
    let browser = Browser::start(Engine::Chromium, &collector, &Options::default()).await?;
    let stage = Stage { server: &server, browser: &browser, collector: &collector };
    for (width, height) in SIZES {
        browser.set_viewport(width, height).await?;
        for scheme in SCHEMES {
            browser.set_color_scheme(scheme).await?;
            for screen in SCREENS {
                screen.open(&stage).await.context(screen.name)?;
                let file = format!("{}-{width}-{}.png", screen.name, scheme.name());
                take(&browser, &folder.join(file)).await?;
            }
        }
    }
    browser.close().await
}

async fn take(browser: &Browser, file: &Path) -> Result<()> {
    std::fs::write(file, browser.page_screenshot().await?)?;
    println!("{}", file.display());
    Ok(())
}
