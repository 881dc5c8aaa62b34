//! Paths of names, such as `window.parent.document`.

use oxc_ast::ast::{ChainElement, Expression, MemberExpression};

use super::syntax::Parsed;

/// Names of the global object.
const WINDOWS: [&str; 3] = ["window", "self", "globalThis"];

/// The maximum number of names in a path: each part of a chain asks for its own.
const NAMES_MAX: usize = 8;

/// Returns the names of a path that begins at a global name, without `window.` before them; `None` for all
/// other expressions. Optional chaining and literal names in brackets count as dots.
pub(super) fn path<'a>(parsed: &Parsed<'_>, expression: &Expression<'a>) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    let mut rest = expression;
    while names.len() < NAMES_MAX {
        match rest {
            Expression::ParenthesizedExpression(inner) => rest = &inner.expression,
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::StaticMemberExpression(member) => {
                    names.push(member.property.name.as_str());
                    rest = &member.object;
                }
                ChainElement::ComputedMemberExpression(member) => {
                    names.push(literal(&member.expression)?);
                    rest = &member.object;
                }
                _ => return None,
            },
            Expression::StaticMemberExpression(member) => {
                names.push(member.property.name.as_str());
                rest = &member.object;
            }
            Expression::ComputedMemberExpression(member) => {
                names.push(literal(&member.expression)?);
                rest = &member.object;
            }
            Expression::Identifier(name) => {
                if !parsed.is_global(name) {
                    return None;
                }
                names.push(name.name.as_str());
                return Some(from_window(names));
            }
            _ => return None,
        }
    }
    None
}

/// The names in order, without those of the global object before others.
fn from_window(mut names: Vec<&str>) -> Vec<&str> {
    while names.len() > 1 && names.last().is_some_and(|first| WINDOWS.contains(first)) {
        names.pop();
    }
    names.reverse();
    names
}

/// The path of an assignment's target.
pub(super) fn member_path<'a>(
    parsed: &Parsed<'_>,
    member: &MemberExpression<'a>,
) -> Option<Vec<&'a str>> {
    let (object, name) = match member {
        MemberExpression::StaticMemberExpression(member) => {
            (&member.object, member.property.name.as_str())
        }
        MemberExpression::ComputedMemberExpression(member) => {
            (&member.object, literal(&member.expression)?)
        }
        MemberExpression::PrivateFieldExpression(_) => return None,
    };
    let mut names = path(parsed, object)?;
    if matches!(names[..], [only] if WINDOWS.contains(&only)) {
        names.clear();
    }
    names.push(name);
    Some(names)
}

/// The value of a text without substitutions.
pub(super) fn literal<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.as_str()),
        Expression::TemplateLiteral(text) => {
            match (&text.quasis[..], text.expressions.is_empty()) {
                ([only], true) => only.value.cooked.map(|cooked| cooked.as_str()),
                _ => None,
            }
        }
        _ => None,
    }
}
