//! Emulated screens and settings of a page. Chromium only: the others have no command for it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::error::{Context as _, Error, Result};

/// A value of `prefers-color-scheme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorScheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl ColorScheme {
    /// The value in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Gives the page a viewport of this size in CSS pixels, one device pixel each; it stays for
    /// the pages that follow.
    pub async fn set_viewport(&self, width: u32, height: u32) -> Result<()> {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics).await?;
        // Scroll bars would take some of the width.
        self.devtools("Emulation.setScrollbarsHidden", &json!({"hidden": true})).await?;
        Ok(())
    }

    /// Sets `prefers-color-scheme`; it stays for the pages that follow.
    pub async fn set_color_scheme(&self, scheme: ColorScheme) -> Result<()> {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme.name()});
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": [feature]})).await?;
        Ok(())
    }

    /// Lets requests for these addresses fail, in which `*` stands for anything. None: all succeed again.
    pub async fn block_urls(&self, urls: &[&str]) -> Result<()> {
        self.devtools("Network.enable", &json!({})).await?;
        self.devtools("Network.setBlockedURLs", &json!({"urls": urls})).await.map(drop)
    }

    /// Returns the whole page as a PNG, also the part that one would have to scroll to.
    pub async fn page_screenshot(&self) -> Result<Vec<u8>> {
        let metrics = self.devtools("Page.getLayoutMetrics", &json!({})).await?;
        let size = &metrics["cssContentSize"];
        let clip = json!({
            "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1,
        });
        let capture = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", &capture).await?;
        let data = picture["data"].as_str().context("a picture")?;
        Ok(BASE64_STANDARD.decode(data)?)
    }

    /// Sends a command of Chromium's own protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        if self.engine() != crate::Engine::Chromium {
            return Err(Error::new(format!("{command} is Chromium's, not {}'s", self.engine())));
        }
        let body = json!({"cmd": command, "params": parameters});
        self.command(Method::POST, "goog/cdp/execute", Some(body)).await.context(command)
    }
}
