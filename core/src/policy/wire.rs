//! The wire format of protocol buffers, as far as ONNX needs it: a message is a row of (number, value).
//!
//! **Invariant.** Reads borrowed bytes and allocates nothing; any bytes give fields or an error.

use super::NetError;

/// A field's value as it stands on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64,
    Bytes(&'a [u8]),
    Fixed32(u32),
}

impl<'a> Value<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], NetError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(damaged("a number stands where text or a part is due")),
        }
    }
    pub(super) fn text(self) -> Result<&'a str, NetError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| damaged("a name is not UTF-8"))
    }
    pub(super) fn varint(self) -> Result<u64, NetError> {
        match self {
            Self::Varint(v) => Ok(v),
            _ => Err(damaged("text or a part stands where a number is due")),
        }
    }
    pub(super) fn int(self) -> Result<i64, NetError> {
        // Two's complement in 64 bits is how the format writes a negative number.
        self.varint().map(u64::cast_signed)
    }
    pub(super) fn float(self) -> Result<f32, NetError> {
        match self {
            Self::Fixed32(bits) => Ok(f32::from_bits(bits)),
            _ => Err(damaged("something else stands where a float is due")),
        }
    }
}

pub(super) fn damaged(why: &str) -> NetError {
    NetError(format!("this is no ONNX file, or a damaged one: {why}"))
}

/// The fields of a message, in the order of the file.
#[derive(Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
    fn take(&mut self, n: usize) -> Result<&'a [u8], NetError> {
        let (head, rest) = self
            .0
            .split_at_checked(n)
            .ok_or_else(|| damaged("it ends in the middle of a field"))?;
        self.0 = rest;
        Ok(head)
    }
    fn number(&mut self) -> Result<u64, NetError> {
        let mut value = 0_u64;
        for place in 0..10_u32 {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << (7 * place).min(63);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number has more than ten bytes"))
    }
    fn field(&mut self) -> Result<(u64, Value<'a>), NetError> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Varint(self.number()?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let n = usize::try_from(self.number()?)
                    .map_err(|_| damaged("a field is longer than memory"))?;
                Value::Bytes(self.take(n)?)
            }
            5 => {
                let bytes = self.take(4)?;
                Value::Fixed32(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            }
            other => return Err(damaged(&format!("there is no wire type {other}"))),
        };
        Ok((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), NetError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Adds a repeated number: one, or many packed into one field.
pub(super) fn add_ints(value: Value<'_>, most: usize, to: &mut Vec<i64>) -> Result<(), NetError> {
    match value {
        Value::Bytes(bytes) => {
            let mut fields = Fields::of(bytes);
            while !fields.0.is_empty() {
                to.push(fields.number()?.cast_signed());
                bounded(to.len(), most)?;
            }
        }
        one => to.push(one.int()?),
    }
    bounded(to.len(), most)
}

/// The same for floats.
pub(super) fn add_floats(value: Value<'_>, most: usize, to: &mut Vec<f32>) -> Result<(), NetError> {
    match value {
        Value::Bytes(bytes) => to.extend(floats(bytes)?),
        one => to.push(one.float()?),
    }
    bounded(to.len(), most)
}

fn bounded(n: usize, most: usize) -> Result<(), NetError> {
    if n > most {
        return Err(NetError(format!("a list holds more than {most} numbers")));
    }
    Ok(())
}

/// Little-endian floats.
pub(super) fn floats(bytes: &[u8]) -> Result<impl Iterator<Item = f32> + '_, NetError> {
    if !bytes.len().is_multiple_of(4) {
        return Err(damaged("a row of floats ends in the middle of one"));
    }
    Ok(bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])))
}
