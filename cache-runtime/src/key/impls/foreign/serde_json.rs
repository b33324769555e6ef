use serde_json::{Map, Number, Value};

use crate::key::{CacheKey, KeyWriter, kind};

/// Objects whatever the order of their keys. `1`, `-1` and `1.0` are an unsigned, a signed and a float.
impl CacheKey for Value {
    fn write(&self, writer: &mut KeyWriter) {
        match self {
            Self::Null => writer.unit(),
            Self::Bool(value) => writer.bool(*value),
            Self::Number(number) => number.write(writer),
            Self::String(text) => writer.str(text),
            Self::Array(items) => items.write(writer),
            Self::Object(entries) => entries.write(writer),
        }
    }
}

impl CacheKey for Number {
    fn write(&self, writer: &mut KeyWriter) {
        if let Some(number) = self.as_u64() {
            writer.u64(number);
        } else if let Some(number) = self.as_i64() {
            writer.i64(number);
        } else if let Some(number) = self.as_f64().filter(|float| is_exactly(self, *float)) {
            writer.f64(number);
        } else {
            writer.run(kind::NUMERAL, self.to_string().as_bytes());
        }
    }
}

impl CacheKey for Map<String, Value> {
    fn write(&self, writer: &mut KeyWriter) {
        writer.map(self);
    }
}

/// Under serde_json's `arbitrary_precision` a number may have more digits than a float.
fn is_exactly(number: &Number, float: f64) -> bool {
    Number::from_f64(float).as_ref() == Some(number)
}
