//! The policy of the sandbox document: its headers, and the attributes of the frame that holds it.

use std::borrow::Cow;

use crate::{
    AllowList, Ancestor, Csp, Directive, Header, PermissionsPolicy, ReferrerPolicy, SandboxTokens,
    SourceDirective,
};

/// Everything that holds the sandbox document, as one value: what its headers say of the sandbox,
/// the frame's attributes say too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPolicy {
    ancestors: Vec<Ancestor>,
    sandbox: SandboxTokens,
    allow_list: Option<AllowList>,
    headers: Vec<Header>,
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
    /// The strictest policy under which tags still work: any script from anywhere may run and use
    /// the network, and nothing of the pages above can be reached.
    ///
    /// `ancestors` are *all* pages that may stand above the frame: the widget's and those of the
    /// integrator, since browsers check every one of them up to the top. With an empty list the
    /// document cannot be framed at all.
    pub fn strict(ancestors: &[Ancestor]) -> Self {
        Self::new(ancestors.to_vec(), SandboxTokens::strict(), None)
    }

    /// The same, but code loads from the hosts of a list and contacts them, and no others.
    #[must_use]
    pub fn with_allow_list(self, allow_list: AllowList) -> Self {
        Self::new(self.ancestors, self.sandbox, Some(allow_list))
    }

    /// The same with another sandbox, in header and attribute. **What is lost** depends on the
    /// tokens; each says it. The product's promise was tried with `allow-scripts` alone.
    #[must_use]
    pub fn dangerous_with_sandbox(self, tokens: SandboxTokens) -> Self {
        Self::new(self.ancestors, tokens, self.allow_list)
    }

    fn new(
        ancestors: Vec<Ancestor>,
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
        let headers = vec![
            Header::content_type("text/html; charset=utf-8"),
            csp.header(),
            PermissionsPolicy::strict().header(),
            Header::NOSNIFF,
            referrer.header(),
            // What the encodings depend on, and what `accepts_destination` looks at.
            Header::vary("accept-encoding, sec-fetch-dest"),
        ];
        let frame_attributes = vec![
            FrameAttribute { name: "sandbox", value: sandbox.to_string().into() },
            FrameAttribute { name: "referrerpolicy", value: referrer.as_str().into() },
            FrameAttribute { name: "credentialless", value: "".into() },
        ];
        Self { ancestors, sandbox, allow_list, headers, frame_attributes }
    }

    /// The response headers, each name once.
    pub fn headers(&self) -> &[Header] {
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
    /// Opened as a page of its own the document would be an address that anybody can fill with
    /// their content; `Cross-Origin-Opener-Policy` does not prevent the opening. A client that does
    /// not send the header is let through: browsers leave it out only where they do not trust the
    /// address (plain http that is not loopback), and the other headers still hold.
    pub fn accepts_destination(sec_fetch_dest: Option<&[u8]>) -> bool {
        matches!(sec_fetch_dest, None | Some(b"iframe"))
    }
}
