//! Application Insights: analytics and performance.

use c2c_harness::Package;

use super::request::json;
use super::sdk::{First, Script, Sdk, Visitor};

pub(super) const SDK: Sdk = Sdk {
    package: Package("@microsoft/applicationinsights-web"),
    script: Script::File("dist/es5/applicationinsights-web.min.js"),
    code: "
        const connectionString = 'InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=' + TO;
        // By default it asks its vendor for settings.
        const extensionConfig = { AppInsightsCfgSyncPlugin: { cfgUrl: '' } };
        const config = { connectionString, maxBatchInterval: 100, extensionConfig };
        const insights = new Microsoft.ApplicationInsights.ApplicationInsights({ config });
        insights.loadAppInsights();
        insights.trackPageView();
        insights.trackEvent({ name: EVENT });",
    answers: &[],
    read: json,
    events: "/*",
    name: "/data/baseData/name",
    first: First::Has("/data/baseType", "PageviewData"),
    event: "`trackEvent`",
    visitor: Some(Visitor { name: "ai.user.id", at: "/tags/ai.user.id", kept_as: "cookie ai_user" }),
};
