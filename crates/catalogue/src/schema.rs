//! The catalogue as a JSON Schema.

use serde_json::{Map, Value, json};

use crate::model::SAFE_MAX;
use crate::{Catalogue, Field, Type, UnknownFields, file, json};
use c2c_names::{CUSTOM_PREFIX, NAME_LENGTH_MAX, RESERVED_NAMES, letters};

const TIMESTAMP: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):\
     [0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

impl Catalogue {
    /// A [JSON Schema 2020-12](https://json-schema.org/draft/2020-12) of this catalogue's envelopes.
    ///
    /// The data of one event is at `#/$defs/data/$defs/<name>`. The schema rejects unknown fields if
    /// `unknown` does; it cannot warn about them. If `format` is asserted, it accepts the same envelopes as
    /// [`Validator`](crate::Validator); otherwise it also accepts days that a month does not have.
    pub fn json_schema(&self, unknown: UnknownFields) -> String {
        json::pretty(Schema { unknown }.catalogue(self))
    }
}

struct Schema {
    unknown: UnknownFields,
}

impl Schema {
    fn catalogue(&self, catalogue: &Catalogue) -> Value {
        let data: Map<_, _> = catalogue
            .events()
            .iter()
            .map(|event| {
                let mut schema = self.object(&event.fields);
                schema["properties"]["context"] = json!({"$ref": "#/$defs/context"});
                schema["description"] = format!("{} {}", event.summary, event.when).into();
                (event.name.to_string(), schema)
            })
            .collect();
        let widget = catalogue.event_names().map(|name| {
            let data =
                json!({"$ref": format!("#/$defs/data/$defs/{name}"), "required": ["context"]});
            json!({"properties": {"name": {"const": name}, "data": data}})
        });
        let one_of_them: Vec<_> = widget.chain([custom(catalogue)]).collect();
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("urn:c2c:catalogue:{}:{}", catalogue.name(), catalogue.version()),
            "title": format!("Events of {} {}", catalogue.name(), catalogue.version()),
            "type": "object",
            "required": ["name", "data", "timestamp", "id", "seq"],
            "properties": {
                "name": {"type": "string"},
                "data": {"type": "object"},
                "timestamp": {
                    "type": "string", "format": "date-time", "pattern": TIMESTAMP,
                    "description": "When it happened, by the visitor's clock.",
                },
                "id": {
                    "type": "string", "format": "uuid", "pattern": ID,
                    "description": "A UUID of version 7, for a receiver that must not count an event twice.",
                },
                "seq": {
                    "type": "integer", "minimum": 0, "maximum": SAFE_MAX,
                    "description": "The position among the events of one mounted widget, from 0.",
                },
            },
            "anyOf": one_of_them,
            "$defs": {
                "context": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "What the widget was opened with.",
                },
                "data": {"$defs": data},
            },
        });
        self.close(&mut schema);
        schema
    }

    fn object(&self, fields: &[Field]) -> Value {
        let required: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
        let properties: Map<_, _> =
            fields.iter().map(|field| (field.name.clone(), self.field(field))).collect();
        let mut schema = json!({"type": "object", "required": required, "properties": properties});
        self.close(&mut schema);
        schema
    }

    fn close(&self, object: &mut Value) {
        if self.unknown == UnknownFields::Reject {
            object["additionalProperties"] = false.into();
        }
    }

    fn field(&self, field: &Field) -> Value {
        let mut schema = self.kind(&field.kind);
        schema["description"] = field.summary.clone().into();
        schema["examples"] = json!([field.example]);
        schema["x-privacy"] = json!(field.privacy);
        schema
    }

    fn kind(&self, kind: &Type) -> Value {
        match kind {
            Type::String => json!({"type": "string"}),
            Type::Bool => json!({"type": "boolean"}),
            Type::Integer { min, max } => json!({
                "type": "integer",
                "minimum": min.unwrap_or(-SAFE_MAX),
                "maximum": max.unwrap_or(SAFE_MAX),
            }),
            Type::Number { min, max } => {
                let mut schema = json!({"type": "number"});
                for (key, bound) in [("minimum", min), ("maximum", max)] {
                    if let Some(bound) = bound {
                        schema[key] = file::number(*bound).into();
                    }
                }
                schema
            }
            Type::Enum(values) => json!({"type": "string", "enum": values}),
            Type::List(item) => json!({"type": "array", "items": self.kind(item)}),
            Type::Object(fields) => self.object(fields),
            Type::Nullable(inner) => self.nullable(inner),
        }
    }

    /// Makes a schema nullable. Keywords for numbers, texts, lists or objects ignore `null`, but `enum`
    /// must list it.
    fn nullable(&self, inner: &Type) -> Value {
        let mut schema = self.kind(inner);
        let kind = schema["type"].take();
        schema["type"] = json!([kind, "null"]);
        if let Some(Value::Array(values)) = schema.get_mut("enum") {
            values.push(Value::Null);
        }
        schema
    }
}

/// The schema of custom events: any data, under a name that neither is nor resembles a widget event's.
fn custom(catalogue: &Catalogue) -> Value {
    let (allowed, forbidden) = custom_patterns(catalogue.event_names());
    let forbidden: Vec<_> = forbidden.iter().map(|pattern| json!({"pattern": pattern})).collect();
    json!({
        "properties": {
            "name": {"pattern": allowed, "not": {"anyOf": forbidden}},
            "data": {
                "type": "object",
                "required": ["context"],
                "properties": {"context": {"$ref": "#/$defs/context"}},
            },
        },
    })
}

/// Regular expressions (ECMA-262, as in JSON Schema) for the names of custom events with
/// [`CUSTOM_PREFIX`]: one that they must match, and patterns that they must not match.
fn custom_patterns<'n>(events: impl IntoIterator<Item = &'n str>) -> (String, Vec<String>) {
    let reading = |name: &str, end: &str| {
        let letters: Vec<String> = letters(name).map(either_case).collect();
        format!("^{CUSTOM_PREFIX}{}{end}", letters.join("[_.-]*"))
    };
    let allowed = format!("^{CUSTOM_PREFIX}[A-Za-z][A-Za-z0-9_.-]{{0,{}}}$", NAME_LENGTH_MAX - 1);
    let mut forbidden = vec![reading(RESERVED_NAMES, "")];
    forbidden.extend(events.into_iter().map(|event| reading(event, "[_.-]*$")));
    (allowed, forbidden)
}

fn either_case(letter: u8) -> String {
    let lower = char::from(letter);
    if lower.is_ascii_digit() {
        lower.to_string()
    } else {
        format!("[{}{lower}]", lower.to_ascii_uppercase())
    }
}
