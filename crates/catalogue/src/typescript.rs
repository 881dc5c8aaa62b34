//! The catalogue as TypeScript: the type of `window.c2c`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Catalogue, EventDef, Field, Type};

/// The declarations that do not depend on the events.
const BEFORE: &str = "\
interface Window {
  /** The widget that this code belongs to. */
  readonly c2c: Readonly<C2c.Api>;
}

interface WindowEventMap {
  /** The widget has accepted the connection. */
  'c2c:ready': Event;
}

/** The widget that this code belongs to. */
declare const c2c: Readonly<C2c.Api>;

declare namespace C2c {
  /** What the widget was opened with: texts by their names. */
  type Context = { readonly [name: string]: string | undefined };

  /** The page around the widget. Of its URLs' queries only campaign parameters are left. */
  interface Page {
    readonly url?: string;
    readonly title?: string;
    readonly referrer?: string;
  }

  /** The data of each event of the widget. */
  interface Events {
";

const AFTER: &str = "  }

  type EventName = keyof Events;

  /** What there is to know of an event besides its data. */
  interface Meta<Name extends EventName = EventName> {
    readonly name: Name;
    /** When it happened, by the visitor's clock: RFC 3339. */
    readonly timestamp: string;
    /** A UUID of version 7: the same event never has another one. */
    readonly id: string;
    /** The position among the events of this page, from 0. */
    readonly seq: number;
  }

  type Handler<Name extends EventName = EventName> = (event: Events[Name], meta: Meta<Name>) => void;

  interface Options {
    /** Deliver first, at once, the last 256 events that were there already. */
    readonly replay?: boolean;
  }

  type Json = null | boolean | number | string | readonly Json[] | JsonObject;
  type JsonObject = { readonly [key: string]: Json | undefined };

  /** The name, if a custom event may have it: not an event's of the widget, and not one that is kept for the product. */
  type CustomName<Name extends string> =
    Lowercase<Name> extends Lowercase<EventName> | `custom:${string}` | `c2c${string}` | '' ? never : Name;

  type Emitted = { readonly ok: true } | { readonly ok: false; readonly reason: string };

  interface Api {
    /** Calls the handler with each event of this name, and gives what ends that. */
    on<Name extends EventName>(name: Name, handler: Handler<Name>, options?: Options): () => void;
    /** Calls the handler with every event, and gives what ends that. */
    on(name: '*', handler: Handler, options?: Options): () => void;

    /** Calls the handler with the next event of this name, and gives what prevents that. */
    once<Name extends EventName>(name: Name, handler: Handler<Name>, options?: Options): () => void;
    /** Calls the handler with the next event, and gives what prevents that. */
    once(name: '*', handler: Handler, options?: Options): () => void;

    /** Calls the handler no more. */
    off<Name extends EventName>(name: Name, handler: Handler<Name>): void;
    /** Calls the handler no more. */
    off(name: '*', handler: Handler): void;

    /**
     * Reports an event of your own, which others see as `custom:<name>`. It never throws.
     *
     * Names have 1 to 64 letters, digits, `_`, `-` and `.`, and begin with a letter. At most 20 a second, and 16 KiB of data.
     */
    emit<Name extends string>(
      name: CustomName<Name>,
      data?: JsonObject & {
        /** The widget adds it. */
        readonly context?: never;
      },
    ): Emitted;

    /** What the widget was opened with; each event has it, too. */
    readonly context: Context;
    /** The page around the widget; it is empty if the widget does not tell it. */
    readonly page: Page;
    readonly appId: string;
    /** Resolves when the widget has accepted the connection. */
    readonly ready: Promise<void>;
  }
}
";

impl Catalogue {
    /// TypeScript declarations of the frame's API, `c2c.d.ts`: for an editor, or to check custom code.
    ///
    /// They are for scripts: `/// <reference path="c2c.d.ts" />` is enough. They express the rules for
    /// names of custom events as far as types can: a name that only reads like a widget event's
    /// (`call-ended`) is rejected at run time, when it is emitted.
    pub fn typescript(&self) -> String {
        let mut out = format!(
            "// The frame API and events of {} {}. Made from the catalogue; do not edit.\n\n{BEFORE}",
            self.name(),
            self.version(),
        );
        for event in self.events() {
            write_event(&mut out, event);
        }
        out + AFTER
    }
}

fn write_event(out: &mut String, event: &EventDef) {
    let EventDef { name, since, summary, when, fields } = event;
    comment(out, 2, &[summary, when, &format!("Since {since}.")]);
    let name = name.as_str();
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let key = if is_word { name.to_owned() } else { format!("'{name}'") };
    _ = writeln!(out, "    readonly {key}: {{");
    write_fields(out, 3, fields);
    comment(out, 3, &["What the widget was opened with."]);
    out.push_str("      readonly context: Context;\n    };\n");
}

fn write_fields(out: &mut String, depth: usize, fields: &[Field]) {
    for Field { name, kind, summary, example, privacy: _ } in fields {
        let inner = if let Type::Nullable(inner) = kind { inner } else { kind };
        // Only the bounds of a number are missing from the TypeScript type itself.
        let more = match inner {
            Type::Integer { .. } | Type::Number { .. } => {
                format!("{inner}, for example `{example}`")
            }
            _ => format!("For example `{example}`"),
        };
        comment(out, depth, &[summary, &(capitalised(&more) + ".")]);
        _ = writeln!(out, "{}readonly {name}: {};", "  ".repeat(depth), typed(kind, depth));
    }
}

fn typed(kind: &Type, depth: usize) -> String {
    match kind {
        Type::String => "string".to_owned(),
        Type::Bool => "boolean".to_owned(),
        Type::Integer { .. } | Type::Number { .. } => "number".to_owned(),
        Type::Enum(values) => {
            let literals = values.iter().map(|value| Value::from(value.as_str()).to_string());
            literals.collect::<Vec<_>>().join(" | ")
        }
        Type::Nullable(inner) => typed(inner, depth) + " | null",
        Type::List(item) => format!("readonly ({})[]", typed(item, depth)),
        Type::Object(fields) => {
            let mut object = "{\n".to_owned();
            write_fields(&mut object, depth + 1, fields);
            object + &"  ".repeat(depth) + "}"
        }
    }
}

/// Capitalizes the first letter.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn comment(out: &mut String, depth: usize, paragraphs: &[&str]) {
    let indent = "  ".repeat(depth);
    // No text may end the comment.
    let paragraphs: Vec<_> = paragraphs.iter().map(|text| text.replace("*/", "*\\/")).collect();
    if let [single] = &*paragraphs {
        _ = writeln!(out, "{indent}/** {single} */");
        return;
    }
    let text = paragraphs.join(&format!("\n{indent} *\n{indent} * "));
    _ = writeln!(out, "{indent}/**\n{indent} * {text}\n{indent} */");
}
