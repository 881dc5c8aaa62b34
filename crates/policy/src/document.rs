//! The policy of the sandbox document: its headers, and the attributes of the frame that holds it.

use std::borrow::Cow;

use http::HeaderMap;

use crate::header;
use crate::{
    AllowList, AncestorSource, Csp, Directive, PermissionsPolicy, ReferrerPolicy, SandboxTokens,
    SourceDirective,
};

/// All restrictions of the sandbox document in one value, so that its headers and the frame's
/// attributes agree about the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPolicy {
    ancestors: Vec<AncestorSource>,
    sandbox: SandboxTokens,
    allow_list: Option<AllowList>,
    headers: HeaderMap,
    frame_attributes: Vec<FrameAttribute>,
}

/// An attribute of the iframe element, to be set before `src`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAttribute {
    /// The attribute's name.
    pub name: &'static str,
    /// The attribute's value; empty for a boolean attribute.
    pub value: Cow<'static, str>,
}

impl DocumentPolicy {
    /// The strictest policy under which tags still work: scripts from anywhere may run and use the
    /// network, but cannot reach the pages above.
    ///
    /// `ancestors` are *all* pages that may be above the frame: the widget's and the integrator's,
    /// because browsers check every page up to the top. With an empty list the document cannot be framed
    /// at all.
    pub fn strict(ancestors: &[AncestorSource]) -> Self {
        Self::new(ancestors.to_vec(), SandboxTokens::strict(), None)
    }

    /// The same policy, but code can load from and contact only the hosts of a list.
    #[must_use]
    pub fn with_allow_list(self, allow_list: AllowList) -> Self {
        Self::new(self.ancestors, self.sandbox, Some(allow_list))
    }

    /// The same policy with other sandbox tokens, in header and attribute. **What is lost** depends on
    /// the tokens; the docs of each say it. The product's promise was tested with `allow-scripts` alone.
    #[must_use]
    pub fn dangerous_with_sandbox(self, tokens: SandboxTokens) -> Self {
        Self::new(self.ancestors, tokens, self.allow_list)
    }

    fn new(
        ancestors: Vec<AncestorSource>,
        sandbox: SandboxTokens,
        allow_list: Option<AllowList>,
    ) -> Self {
        let mut directives = vec![
            Directive::Sandbox(sandbox),
            Directive::FrameAncestors(ancestors.clone()),
            Directive::Sources(SourceDirective::FormAction, Vec::new()),
        ];
        directives.extend(allow_list.iter().flat_map(AllowList::directives));
        let csp = Csp::new(directives).expect("its directives differ, and none has 'self'");
        let referrer = ReferrerPolicy::NoReferrer;
        let headers = HeaderMap::from_iter([
            header::content_type("text/html; charset=utf-8"),
            csp.header(),
            PermissionsPolicy::strict().header(),
            header::nosniff(),
            referrer.header(),
            // The encoding depends on the first; `accepts_destination` checks the second.
            header::vary("accept-encoding, sec-fetch-dest"),
        ]);
        let frame_attributes = vec![
            FrameAttribute { name: "sandbox", value: sandbox.to_string().into() },
            FrameAttribute { name: "referrerpolicy", value: referrer.as_str().into() },
            FrameAttribute { name: "credentialless", value: "".into() },
        ];
        Self { ancestors, sandbox, allow_list, headers, frame_attributes }
    }

    /// The response headers, each name once.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The attributes of the iframe element. A browser that does not know `credentialless`
    /// ignores it.
    pub fn frame_attributes(&self) -> &[FrameAttribute] {
        &self.frame_attributes
    }

    /// Whether the document may answer a request with this `Sec-Fetch-Dest` header
    /// ([Fetch Metadata §2.1](https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header)).
    ///
    /// Opened as a separate page, the document would show a customer's content under the provider's
    /// address; `Cross-Origin-Opener-Policy` does not prevent that. A client that does not send the header
    /// is accepted: browsers omit it only for addresses that they do not trust (plain http that is not
    /// loopback), and the other headers still apply.
    pub fn accepts_destination(sec_fetch_dest: Option<&[u8]>) -> bool {
        matches!(sec_fetch_dest, None | Some(b"iframe"))
    }
}
