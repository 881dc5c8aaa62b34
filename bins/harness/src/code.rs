//! Typing into the console's code editors.

use serde_json::json;

use crate::{Browser, DEADLINE, Result};

const CONTROL: char = '\u{E009}';
const DELETE: &str = "\u{E017}";
const END: char = '\u{E010}';

impl Browser {
    /// Waits until both editors have replaced their text areas, and gives one of them the focus. `id` is that of
    /// its text area, `head` or `body-end`.
    pub async fn focus_code(&self, id: &str) -> Result<()> {
        self.wait_for("document.querySelectorAll('.code.rich').length === 2", DEADLINE).await?;
        let focus = "document.getElementById(arguments[0]).parentElement.querySelector('.cm-content').focus()";
        self.run(focus, &[json!(id)]).await.map(drop)
    }

    /// Replaces the code in an editor, as a person does who selects all of it and pastes.
    pub async fn replace_code(&self, id: &str, text: &str) -> Result<()> {
        self.focus_code(id).await?;
        self.with_control('a').await?;
        if text.is_empty() { self.type_keys(DELETE).await } else { self.paste(text).await }
    }

    /// Pastes code at the end of what is in an editor.
    pub async fn append_code(&self, id: &str, text: &str) -> Result<()> {
        self.focus_code(id).await?;
        self.with_control(END).await?;
        self.paste(text).await
    }

    /// Presses a key while Control is down.
    pub async fn with_control(&self, key: char) -> Result<()> {
        self.key_down(CONTROL).await?;
        self.key_down(key).await?;
        self.key_up(key).await?;
        self.key_up(CONTROL).await
    }

    /// Pastes at the caret of the editor that has the focus. (The clipboard belongs to the machine, and tests
    /// run side by side.)
    async fn paste(&self, text: &str) -> Result<()> {
        // Firefox's constructor takes no data.
        let paste = "const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', arguments[0]);
            const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true });
            Object.defineProperty(event, 'clipboardData', { value: clipboardData });
            document.activeElement.dispatchEvent(event);";
        self.run(paste, &[json!(text)]).await.map(drop)
    }
}
