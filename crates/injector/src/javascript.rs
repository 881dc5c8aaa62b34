//! As much JavaScript as it takes not to be wrong about it: which bytes are code, and whether a text is code at all.
//!
//! No grammar: a lexer that is wrong about a `/` once is right again in the next line. Where it cannot know, it takes what
//! leads to saying less.

use std::ops::Range;

/// The parts of a script that are code: not comments, strings, regular expressions or the text of templates.
pub(crate) fn code_regions(script: &str) -> Vec<Range<usize>> {
    let mut lexer = Lexer {
        bytes: script.as_bytes(),
        at: 0,
        regions: Vec::new(),
        region_start: 0,
        braces: 0,
        templates: Vec::new(),
        operand_before: false,
    };
    while lexer.step() {}
    lexer.leave_code(script.len());
    lexer.regions
}

/// The longest regular expression.
const REGEX_BYTES_MAX: usize = 1024;

struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
    regions: Vec<Range<usize>>,
    region_start: usize,
    /// How many `{` are open.
    braces: usize,
    /// For each template literal that is open around here: how many were open at its `${`.
    templates: Vec<usize>,
    /// Whether a `/` would divide what came before it.
    operand_before: bool,
}

impl Lexer<'_> {
    /// Takes one token. Returns false at the end.
    fn step(&mut self) -> bool {
        let Some(&byte) = self.bytes.get(self.at) else { return false };
        match byte {
            b'/' if self.next_is(b"//") => self.skip(Self::line_end),
            // What HTML hid scripts from browsers with, long ago, still begins a line comment.
            b'<' if self.next_is(b"<!--") => self.skip(Self::line_end),
            b'/' if self.next_is(b"/*") => self.skip(Self::comment_end),
            b'/' if !self.operand_before => match self.regex_end() {
                Some(end) => self.skip_operand(end),
                None => self.at += 1,
            },
            b'"' | b'\'' => self.skip_operand(self.string_end(byte)),
            b'`' => self.template(self.at + 1),
            b'}' if self.templates.last() == Some(&self.braces) => {
                self.templates.pop();
                self.template(self.at + 1);
            }
            _ if is_word(byte) => self.word(),
            _ => self.punctuation(byte),
        }
        true
    }

    fn next_is(&self, prefix: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(prefix)
    }

    fn leave_code(&mut self, end: usize) {
        if self.region_start < end {
            self.regions.push(self.region_start..end);
        }
    }

    fn skip(&mut self, end: fn(&Self) -> usize) {
        let end = end(self);
        self.leave_code(self.at);
        (self.at, self.region_start) = (end, end);
    }

    fn skip_operand(&mut self, end: usize) {
        self.leave_code(self.at);
        (self.at, self.region_start, self.operand_before) = (end, end, true);
    }

    fn word(&mut self) {
        let len = self.bytes[self.at..].iter().take_while(|&&byte| is_word(byte)).count();
        let word = &self.bytes[self.at..self.at + len];
        let keywords: [&[u8]; 12] = [
            b"return",
            b"typeof",
            b"case",
            b"in",
            b"of",
            b"delete",
            b"void",
            b"throw",
            b"new",
            b"else",
            b"do",
            b"instanceof",
        ];
        self.operand_before = !keywords.contains(&word);
        self.at += len;
    }

    fn punctuation(&mut self, byte: u8) {
        match byte {
            b'{' => self.braces += 1,
            b'}' => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.operand_before = matches!(byte, b')' | b']');
        }
        self.at += 1;
    }

    /// Skips the text of a template literal from `from` on, up to its end or to its next `${`.
    fn template(&mut self, from: usize) {
        let mut end = from;
        while let Some(&byte) = self.bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                b'`' => break,
                b'$' if self.bytes.get(end + 1) == Some(&b'{') => {
                    self.templates.push(self.braces);
                    self.skip_operand(end + 2);
                    self.operand_before = false;
                    return;
                }
                _ => {}
            }
            end += 1;
        }
        self.skip_operand((end + 1).min(self.bytes.len()));
    }

    fn line_end(&self) -> usize {
        let rest = &self.bytes[self.at..];
        rest.iter().position(|&byte| ends_line(byte)).map_or(self.bytes.len(), |len| self.at + len)
    }

    fn comment_end(&self) -> usize {
        let text = &self.bytes[self.at + 2..];
        let len = text.windows(2).position(|pair| pair == b"*/");
        len.map_or(self.bytes.len(), |len| self.at + 2 + len + 2)
    }

    /// A string ends at its line at the latest.
    fn string_end(&self, quote: u8) -> usize {
        let mut end = self.at + 1;
        while let Some(&byte) = self.bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                _ if byte == quote => return end + 1,
                _ if ends_line(byte) => return end,
                _ => {}
            }
            end += 1;
        }
        self.bytes.len()
    }

    /// None if the line ends first, or nothing ends it for long: then it was a division.
    fn regex_end(&self) -> Option<usize> {
        let mut end = self.at + 1;
        let mut in_class = false;
        // Without a bound, a long line of slashes in brackets would be read again and again.
        let near = &self.bytes[..self.bytes.len().min(self.at + REGEX_BYTES_MAX)];
        while let Some(&byte) = near.get(end) {
            match byte {
                b'\\' => end += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return Some(end + 1),
                _ if ends_line(byte) => return None,
                _ => {}
            }
            end += 1;
        }
        None
    }
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether a byte can be part of a name, a keyword or a number.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// What lines of pasted code begin with, and sentences do not.
const LINE_STARTS: &[&str] = &[
    "c2c.on(",
    "c2c.off(",
    "c2c.emit(",
    "gtag(",
    "fbq(",
    "dataLayer.push(",
    "window.dataLayer",
    "window.addEventListener(",
    "document.addEventListener(",
    "document.write(",
    "console.log(",
    "(function(",
    "(function (",
    "!function(",
    "(() =>",
    "(()=>",
];

/// The first line that is certainly JavaScript, without the white space around it.
pub(crate) fn first_line_of_code(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    for line in text.split(['\n', '\r']) {
        let code = line.trim();
        if is_code(code) {
            let start = start + (line.len() - line.trim_start().len());
            return Some(start..start + code.len());
        }
        start += line.len() + 1;
    }
    None
}

fn is_code(line: &str) -> bool {
    LINE_STARTS.iter().any(|start| line.starts_with(start))
        || is_declaration(line)
        || is_function(line)
}

/// `const name =`
fn is_declaration(line: &str) -> bool {
    let declared = ["const ", "let ", "var "].iter().find_map(|keyword| line.strip_prefix(keyword));
    let Some(declared) = declared.map(str::trim_start) else { return false };
    let name =
        declared.find(|next: char| !next.is_ascii_alphanumeric() && next != '_' && next != '$');
    name.is_some_and(|len| len > 0 && declared[len..].trim_start().starts_with('='))
}

/// `function name(…) {`
fn is_function(line: &str) -> bool {
    let signature = line.strip_prefix("async ").unwrap_or(line).strip_prefix("function ");
    signature.is_some_and(|signature| {
        let name = signature.bytes().take_while(|&byte| is_word(byte)).count();
        signature[name..].trim_start().starts_with('(') && line.contains('{')
    })
}

#[cfg(test)]
mod tests {
    use super::{code_regions, first_line_of_code};

    /// Code is what is left when all else is taken out.
    #[track_caller]
    fn check(script: &str, code: &str) {
        let regions = code_regions(script);
        let found: String = regions.into_iter().map(|region| &script[region]).collect();
        assert_eq!(found, code, "{script}");
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        check("a // b\nc", "a \nc");
        check("a /* b\n */ c /* d", "a  c ");
        check("<!-- a\nb", "\nb");
        check("a = 'b' + \"c\\\"d\" + e", "a =  +  + e");
        check("'a\nb", "\nb");
        check("'a\\\nb' c", " c");
        check("'a", "");
        check("'\\", "");
    }

    #[test]
    fn templates_hold_code() {
        check("`a` b", " b");
        check("`a ${b + `c ${d}` + {e: '}'}.e} f` g", "b + d + {e: }.e g");
        check("`a ${b", "b");
        check("`\\`${'`'}` a", " a");
        check("{ a } b }", "{ a } b }");
    }

    #[test]
    fn regular_expressions_are_told_from_divisions() {
        check("a = /b'[/]'/g; c", "a = g; c");
        check("a / b / c", "a / b / c");
        check("f(/'/, b)", "f(, b)");
        check("(a) / 'b' / c", "(a) /  / c");
        check("return /'/", "return ");
        check("x[0] / 2; '/'", "x[0] / 2; ");
        check("a = / b\nc", "a = / b\nc");
        check("=> /\\/'/", "=> ");
    }

    #[test]
    fn pasted_code_is_told_from_sentences() {
        #[track_caller]
        fn code(text: &str, line: &str) {
            assert_eq!(first_line_of_code(text).map(|found| &text[found]), Some(line), "{text}");
        }
        code("gtag('js', new Date());", "gtag('js', new Date());");
        code("Tags:\r\n\tconst a = 1; \r\n", "const a = 1;");
        code("\n  function track() {\n}", "function track() {");
        code("async function track() {}", "async function track() {}");
        code("(function(w,d,s){})(window)", "(function(w,d,s){})(window)");
        code("let  x=1", "let  x=1");
        for text in [
            "",
            "Hello",
            "Call c2c.on('x') first.",
            "let us go = fun",
            "function follows form",
            "function (in mathematics)",
            "const",
            "var x, and y",
            "window.dat",
            "{ } => ()",
        ] {
            assert_eq!(first_line_of_code(text), None, "{text}");
        }
    }
}
