//! One write as one line: the writer prints it, and the audit log gives it.

use c2c_store::Action;

pub(crate) fn line(action: &Action) -> String {
    match action {
        Action::Created { .. } => "created".to_owned(),
        Action::DraftSaved { version } => saved(version.get()),
        Action::Published { revision, draft, .. } => published(revision.get(), draft.get()),
        Action::RolledBack { revision, to, .. } => rolled_back(revision.get(), to.get()),
        Action::SwitchedOff { .. } => OFF.to_owned(),
        Action::SwitchedOn { .. } => ON.to_owned(),
        other => format!("unexpected: {other:?}"),
    }
}

pub(crate) const OFF: &str = "off";
pub(crate) const ON: &str = "on";

pub(crate) fn saved(version: i64) -> String {
    format!("saved {version}")
}

pub(crate) fn published(revision: i64, draft: i64) -> String {
    format!("published {revision} from draft {draft}")
}

pub(crate) fn rolled_back(revision: i64, to: i64) -> String {
    format!("rolled back to {to} as {revision}")
}
