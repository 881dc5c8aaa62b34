//! The commands of docs/deploy.md.

use std::fmt;

use crate::run::Result;

const SECTION: &str = "\n## From nothing to a deployment\n";
const FENCE: &str = "```";

/// Where a block's commands run: its first line says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Clone,
    Server,
}

const PLACES: [(&str, Place); 2] = [
    ("# In a clone of this repository:", Place::Clone),
    ("# On the server, as root:", Place::Server),
];

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clone => "in a clone",
            Self::Server => "on the server",
        })
    }
}

/// A block of commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) place: Place,
    pub(super) text: String,
}

/// All blocks of the section. A step without one, or a block that does not say where it runs, is an error:
/// nothing of the section may be left out.
pub(super) fn blocks(document: &str) -> Result<Vec<Block>> {
    let (_, section) = document.split_once(SECTION).ok_or("docs/deploy.md has lost its section")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut all = Vec::new();
    for (index, step) in section.split("\n**").skip(1).enumerate() {
        let title = step.split("**").next().unwrap_or_default();
        let number = index + 1;
        if !title.starts_with(&format!("{number}. ")) {
            return Err(format!("docs/deploy.md: step {number} is {title:?}").into());
        }
        let parts: Vec<&str> = step.split(FENCE).collect();
        if parts.len() < 3 || parts.len().is_multiple_of(2) {
            return Err(format!("docs/deploy.md: step {number} has no commands").into());
        }
        for part in parts.iter().skip(1).step_by(2) {
            all.push(block(part).ok_or_else(|| {
                format!(
                    "docs/deploy.md, step {number}: a block does not say where it runs:\n{part}"
                )
            })?);
        }
    }
    Ok(all)
}

fn block(fenced: &str) -> Option<Block> {
    let (first, text) = fenced.strip_prefix("sh\n")?.split_once('\n')?;
    let (_, place) = PLACES.into_iter().find(|(line, _)| *line == first)?;
    Some(Block { place, text: text.to_owned() })
}

/// Replaces parts of the commands, each of which must be there exactly once.
pub(super) fn replace(blocks: &mut [Block], replaced: &[(&str, String)]) -> Result<()> {
    for (part, replacement) in replaced {
        let found: usize = blocks.iter().map(|block| block.text.matches(part).count()).sum();
        if found != 1 {
            return Err(format!("docs/deploy.md has {part:?} {found} times, not once").into());
        }
        for block in &mut *blocks {
            block.text = block.text.replace(part, replacement);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "```sh\n# On the server, as root:\nnginx -t\n```\n";

    /// The blocks of a document whose section has this content.
    fn read(content: &str) -> Result<Vec<Block>> {
        blocks(&format!("# Title\n```sh\nno\n```\n{SECTION}\n{content}\n## Next\n**1. No**\n"))
    }

    #[track_caller]
    fn check_refused(content: &str, expected: &str) {
        let error = read(content).expect_err("it is not complete").to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn the_commands_of_each_step_are_found() {
        let there = "```sh\n# In a clone of this repository:\ncargo build\n```\n";
        let found = read(&format!("Text.\n\n**1. Build**, first.\n{there}\n**2. Serve.**\n{HERE}"));
        let block = |place, text: &str| Block { place, text: text.to_owned() };
        let expected = [block(Place::Clone, "cargo build\n"), block(Place::Server, "nginx -t\n")];
        assert_eq!(found.expect("two blocks"), expected);
    }

    #[test]
    fn nothing_is_left_out() {
        check_refused("\n**1. Wait.** For long.\n", "step 1 has no commands");
        check_refused(&format!("\n**2. Late.**\n{HERE}"), "step 1 is \"2. Late.\"");
        check_refused("\n**1. Run.**\n```sh\nnginx -t\n```\n", "does not say where it runs");
        check_refused("\n**1. Write.**\n```ini\nx = 1\n```\n", "does not say where it runs");
        assert!(blocks("# Another title").is_err());
    }

    #[test]
    fn a_replaced_part_is_there_once() {
        let mut blocks = read(&format!("\n**1. Test.**\n{HERE}")).expect("a block");
        let error = replace(&mut blocks, &[("scp", String::new())]).expect_err("it is not there");
        assert_eq!(error.to_string(), "docs/deploy.md has \"scp\" 0 times, not once");
        replace(&mut blocks, &[("nginx", "true".to_owned())]).expect("it is there");
        assert_eq!(blocks[0].text, "true -t\n");
    }
}
