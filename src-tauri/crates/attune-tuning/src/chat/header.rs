//! What stands before the weights of a GGUF file: its description, and where each tensor lies.
//!
//! Source: the GGUF specification of the ggml project, versions 2 and 3, little-endian.
//! Not here: what the description means (`shape`, `vocabulary`), the tensors' values.
//! Invariants: nothing is allocated by a number that the file claims before as many bytes of it were read; what is not
//! needed is skipped; a header that is read names only tensors that lie within the file.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use candle_core::quantized::GgmlDType;

use super::ChatError;

type Result<T> = std::result::Result<T, ChatError>;

const MAGIC: &[u8; 4] = b"GGUF";
/// Longer than any chat template.
const LONGEST_TEXT: u64 = 1 << 20;
/// More than any vocabulary has tokens or merges.
const MOST_ELEMENTS: u64 = 1 << 21;
const MOST_ENTRIES: u64 = 1 << 12;
const MOST_TENSORS: u64 = 1 << 14;
const MOST_DIMENSIONS: u32 = 4;
/// Lists of lists; none that is needed has any.
const DEEPEST: u32 = 4;

/// One entry of the description, as far as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Number(f64),
    Flag(bool),
    Text(String),
    Texts(Vec<String>),
    Numbers(Vec<f64>),
}

/// Where a tensor lies, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Rows first.
    pub(super) dimensions: Vec<u64>,
    pub(super) kind: u32,
    pub(super) offset: u64,
}

/// A GGUF file's header.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) tensors: BTreeMap<String, Place>,
    /// Where the tensors begin.
    pub(super) data: u64,
    /// Bytes of all tensors together.
    pub(super) bytes: u64,
}

impl Header {
    /// # Errors
    /// What is wrong with the file; reading it takes memory in proportion to what was read.
    pub(super) fn read(reader: &mut (impl Read + Seek)) -> Result<Self> {
        let end = reader.seek(SeekFrom::End(0)).map_err(ChatError::Read)?;
        reader.seek(SeekFrom::Start(0)).map_err(ChatError::Read)?;
        let mut input = Input { reader: io::BufReader::new(reader), at: 0 };
        let magic = input.bytes::<4>("its first bytes").map_err(|_| ChatError::NoGguf)?;
        if &magic != MAGIC {
            return Err(ChatError::NoGguf);
        }
        let version = input.u32("its version")?;
        if !(2..=3).contains(&version) {
            return Err(ChatError::Version { found: version });
        }
        let tensors = input.count("a number of tensors", MOST_TENSORS)?;
        let entries = input.count("a number of entries", MOST_ENTRIES)?;
        let mut header = Self { entries: BTreeMap::new(), tensors: BTreeMap::new(), data: 0, bytes: 0 };
        for _ in 0..entries {
            let name = input.text("the name of an entry")?;
            let kind = input.u32("the kind of an entry")?;
            if let Some(entry) = input.entry(kind, 0)? {
                header.entries.insert(name, entry);
            }
        }
        for _ in 0..tensors {
            let name = input.text("the name of a tensor")?;
            let place = input.place()?;
            header.tensors.insert(name, place);
        }
        header.place_data(input.at, end)?;
        Ok(header)
    }

    /// Finds where the tensors begin, and that each lies before the end.
    fn place_data(&mut self, after_header: u64, end: u64) -> Result<()> {
        let alignment = match self.entries.get("general.alignment") {
            None => 32,
            Some(Entry::Number(found)) if *found >= 1.0 && *found <= 65536.0 => *found as u64,
            Some(_) => {
                let found = "no number from 1 to 65536".to_owned();
                return Err(unsupported("general.alignment", found, "a number of bytes"));
            }
        };
        self.data = after_header.div_ceil(alignment) * alignment;
        for (name, place) in &self.tensors {
            let bytes = place.bytes(name)?;
            let beyond = || ChatError::TensorBeyondEnd { name: name.clone() };
            let last = self.data.checked_add(place.offset).and_then(|start| start.checked_add(bytes));
            if last.is_none_or(|last| last > end) {
                return Err(beyond());
            }
            self.bytes = self.bytes.saturating_add(bytes);
        }
        Ok(())
    }

    pub(super) fn text(&self, key: &str) -> Result<&str> {
        match self.entries.get(key) {
            Some(Entry::Text(text)) => Ok(text),
            Some(_) => Err(unsupported(key, "something else".to_owned(), "a text")),
            None => Err(missing(key)),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<&[String]> {
        match self.entries.get(key) {
            Some(Entry::Texts(texts)) => Ok(texts),
            Some(_) => Err(unsupported(key, "something else".to_owned(), "a list of texts")),
            None => Err(missing(key)),
        }
    }

    /// Absent where the entry is.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.entries.get(key) {
            Some(Entry::Number(number)) if number.is_finite() => Ok(Some(*number)),
            Some(_) => Err(unsupported(key, "something else".to_owned(), "a number")),
            None => Ok(None),
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn count(&self, key: &str, least: usize, most: usize) -> Result<usize> {
        let number = self.number(key)?.ok_or_else(|| missing(key))?;
        let bounds = least as f64..=most as f64;
        if number.fract() == 0.0 && bounds.contains(&number) {
            return Ok(number as usize);
        }
        Err(unsupported(key, number.to_string(), "a whole number that such models have"))
    }
}

impl Place {
    pub(super) fn dtype(&self) -> Option<GgmlDType> {
        Some(match self.kind {
            0 => GgmlDType::F32,
            1 => GgmlDType::F16,
            2 => GgmlDType::Q4_0,
            3 => GgmlDType::Q4_1,
            6 => GgmlDType::Q5_0,
            7 => GgmlDType::Q5_1,
            8 => GgmlDType::Q8_0,
            10 => GgmlDType::Q2K,
            11 => GgmlDType::Q3K,
            12 => GgmlDType::Q4K,
            13 => GgmlDType::Q5K,
            14 => GgmlDType::Q6K,
            30 => GgmlDType::BF16,
            _ => return None,
        })
    }

    /// How many values it has; `None` if no machine could hold them.
    pub(super) fn elements(&self) -> Option<u64> {
        self.dimensions.iter().try_fold(1_u64, |product, dimension| product.checked_mul(*dimension))
    }

    fn bytes(&self, name: &str) -> Result<u64> {
        let unread = || ChatError::TensorKind { name: name.to_owned(), found: self.kind };
        let dtype = self.dtype().ok_or_else(unread)?;
        let block = dtype.block_size() as u64;
        let elements = self.elements().filter(|elements| {
            elements % block == 0 && self.dimensions.last().is_some_and(|last| last % block == 0)
        });
        let bytes = elements.and_then(|elements| (elements / block).checked_mul(dtype.type_size() as u64));
        bytes.ok_or_else(|| ChatError::TensorBeyondEnd { name: name.to_owned() })
    }
}

fn missing(key: &str) -> ChatError {
    ChatError::Missing { key: key.to_owned() }
}

fn unsupported(key: &str, found: String, needed: &'static str) -> ChatError {
    ChatError::Unsupported { key: key.to_owned(), found, needed }
}

struct Input<R> {
    reader: R,
    at: u64,
}

impl<R: Read> Input<R> {
    fn bytes<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(|error| unread(error, what))?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self, what: &'static str) -> Result<u32> {
        self.bytes(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &'static str) -> Result<u64> {
        self.bytes(what).map(u64::from_le_bytes)
    }

    fn count(&mut self, what: &'static str, most: u64) -> Result<u64> {
        let found = self.u64(what)?;
        if found <= most { Ok(found) } else { Err(ChatError::Senseless { what, found }) }
    }

    fn text(&mut self, what: &'static str) -> Result<String> {
        let length = self.count("a length of a text", LONGEST_TEXT)?;
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(length).read_to_end(&mut bytes);
        let read = read.map_err(|error| unread(error, what))? as u64;
        self.at += read;
        if read < length {
            return Err(ChatError::CutShort { what });
        }
        // Tokens may hold bytes that are no text of their own; byte-level vocabularies spell them out.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn skip(&mut self, length: u64, what: &'static str) -> Result<()> {
        let skipped = io::copy(&mut (&mut self.reader).take(length), &mut io::sink());
        let skipped = skipped.map_err(|error| unread(error, what))?;
        self.at += skipped;
        if skipped < length { Err(ChatError::CutShort { what }) } else { Ok(()) }
    }

    fn entry(&mut self, kind: u32, depth: u32) -> Result<Option<Entry>> {
        const WHAT: &str = "an entry";
        Ok(Some(match kind {
            7 => Entry::Flag(self.bytes::<1>(WHAT)?[0] != 0),
            8 => Entry::Text(self.text(WHAT)?),
            9 => return self.list(depth),
            _ => Entry::Number(self.number(kind)?),
        }))
    }

    fn number(&mut self, kind: u32) -> Result<f64> {
        const WHAT: &str = "a number";
        Ok(match kind {
            0 => f64::from(self.bytes::<1>(WHAT)?[0]),
            1 => f64::from(i8::from_le_bytes(self.bytes(WHAT)?)),
            2 => f64::from(u16::from_le_bytes(self.bytes(WHAT)?)),
            3 => f64::from(i16::from_le_bytes(self.bytes(WHAT)?)),
            4 => f64::from(self.u32(WHAT)?),
            5 => f64::from(i32::from_le_bytes(self.bytes(WHAT)?)),
            6 => f64::from(f32::from_le_bytes(self.bytes(WHAT)?)),
            10 => self.u64(WHAT)? as f64,
            11 => i64::from_le_bytes(self.bytes(WHAT)?) as f64,
            12 => f64::from_le_bytes(self.bytes(WHAT)?),
            found => return Err(ChatError::Senseless { what: "a kind of entry", found: found.into() }),
        })
    }

    /// A list of texts or numbers; of anything else it is skipped.
    fn list(&mut self, depth: u32) -> Result<Option<Entry>> {
        let kind = self.u32("the kind of a list")?;
        let count = self.count("a length of a list", MOST_ELEMENTS)?;
        match kind {
            8 => {
                let mut texts = Vec::new();
                for _ in 0..count {
                    texts.push(self.text("a list of texts")?);
                }
                Ok(Some(Entry::Texts(texts)))
            }
            7 => self.skip(count, "a list of flags").map(|()| None),
            9 if depth < DEEPEST => {
                for _ in 0..count {
                    self.list(depth + 1)?;
                }
                Ok(None)
            }
            9 => Err(ChatError::Senseless { what: "lists in lists", found: u64::from(depth) }),
            _ => {
                let mut numbers = Vec::new();
                for _ in 0..count {
                    numbers.push(self.number(kind)?);
                }
                Ok(Some(Entry::Numbers(numbers)))
            }
        }
    }

    fn place(&mut self) -> Result<Place> {
        const WHAT: &str = "the place of a tensor";
        let count = self.u32(WHAT)?;
        if count == 0 || count > MOST_DIMENSIONS {
            return Err(ChatError::Senseless { what: "a number of dimensions", found: count.into() });
        }
        let mut dimensions = Vec::new();
        for _ in 0..count {
            dimensions.push(self.u64(WHAT)?);
        }
        // The file names the innermost one first.
        dimensions.reverse();
        Ok(Place { dimensions, kind: self.u32(WHAT)?, offset: self.u64(WHAT)? })
    }
}

fn unread(error: io::Error, what: &'static str) -> ChatError {
    match error.kind() {
        ErrorKind::UnexpectedEof => ChatError::CutShort { what },
        _ => ChatError::Read(error),
    }
}
