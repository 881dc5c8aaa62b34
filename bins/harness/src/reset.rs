//! Makes a used browser as good as a new one.

use hyper::Method;
use serde_json::json;

use crate::browser::Browser;
use crate::engine::{Engine, timeouts};
use crate::error::{Error, Result};

/// Deletes everything that Firefox stores for sites, and returns what could not be deleted.
const FIREFOX: &str = "const done = arguments[arguments.length - 1];
    Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, { onDataDeleted: done });";

impl Engine {
    /// Whether a browser can forget one test before the next: `WebKitGTK`'s driver cannot delete
    /// data that sites other than the current page's stored. It starts quickly.
    pub(crate) fn can_reset(self) -> bool {
        self != Self::WebKit
    }
}

impl Browser {
    /// Closes all windows but a new, empty one, and deletes stored and cached site data.
    pub async fn reset(&self) -> Result<()> {
        self.enter_top().await?;
        let used = self.windows().await?;
        let new = self.new_tab().await?;
        for window in used {
            self.end_window(&window).await?;
        }
        self.switch_to_window(&new).await?;
        if self.engine() == Engine::Chromium {
            // It opened behind the others, and would stay without focus.
            self.devtools("Page.bringToFront", &json!({})).await?;
        }
        self.forget().await?;
        self.restore_timeouts().await?;
        self.restore_size().await
    }

    async fn end_window(&self, window: &str) -> Result<()> {
        if self.engine() == Engine::Chromium {
            // Without a command to the window: it may hang.
            let target = json!({"targetId": window});
            return self.devtools("Target.closeTarget", &target).await.map(drop);
        }
        self.switch_to_window(window).await?;
        self.close_window().await
    }

    async fn forget(&self) -> Result<()> {
        if self.engine() == Engine::Chromium {
            let all = json!({"origin": "*", "storageTypes": "all"});
            self.devtools("Storage.clearDataForOrigin", &all).await?;
            self.devtools("Network.clearBrowserCookies", &json!({})).await?;
            self.devtools("Network.clearBrowserCache", &json!({})).await?;
            return self.forget_console().await;
        }
        self.privileged(true).await?;
        let left = self.run_async(FIREFOX).await?;
        self.privileged(false).await?;
        if left == 0 { Ok(()) } else { Err(Error::new(format!("Firefox kept data: {left}"))) }
    }

    async fn restore_timeouts(&self) -> Result<()> {
        self.command(Method::POST, "timeouts", Some(timeouts())).await.map(drop)
    }

    /// Chooses whether scripts run in Firefox's own pages from now on.
    async fn privileged(&self, privileged: bool) -> Result<()> {
        let context = if privileged { "chrome" } else { "content" };
        let body = json!({"context": context});
        self.command(Method::POST, "moz/context", Some(body)).await.map(drop)
    }

    async fn run_async(&self, script: &str) -> Result<serde_json::Value> {
        let body = json!({"script": script, "args": []});
        self.command(Method::POST, "execute/async", Some(body)).await
    }
}
