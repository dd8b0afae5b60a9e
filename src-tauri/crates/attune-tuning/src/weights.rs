//! Frozen weights: named tensors of a safetensors file, read one at a time, in f32 whatever they are stored as.
//!
//! A base model is larger than everything that is computed with it, so nobody here holds it as a whole: whoever needs a
//! tensor has it read into the layout that is wanted, and the bytes are gone again.
//! Not here: which tensors a network needs and of which shape; the network asks and this module refuses.
//! Invariant: what the header says was checked against the size of the file before any tensor is read, and each value
//! was found to be a finite number when the file was opened.
//! Source of the format: the safetensors documentation, "Format".

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use crate::{Error, Result};

/// Bytes that are read and converted at a time: few enough to stay in a core's second cache.
const PIECE: usize = 1 << 20;
/// What the format allows at most.
const LONGEST_HEADER: u64 = 100_000_000;

/// A `model.safetensors`, wherever it lies, of which pieces can be read again and again.
pub trait WeightsFile: Send + Sync {
    /// Bytes of the whole file.
    fn size(&self) -> u64;

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// If they cannot be read, or the file is not any more what it was when it was opened.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

impl WeightsFile for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let bytes = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)?.get(..into.len()));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// The tensors of a base model by their names in the file.
#[derive(Clone)]
pub(crate) struct Weights {
    file: Arc<dyn WeightsFile>,
    tensors: BTreeMap<String, Stored>,
}

/// A tensor in the file.
#[derive(Debug, Clone)]
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Range<u64>,
}

impl Weights {
    /// Reads the header of a safetensors file, and looks once at every value.
    ///
    /// # Errors
    /// If the file is damaged, or a tensor is of another type than F32, F16 or BF16, or not finite.
    pub(crate) fn open(file: Arc<dyn WeightsFile>) -> Result<Self> {
        let tensors = read_header(&*file)?;
        let weights = Self { file, tensors };
        for (name, stored) in &weights.tensors {
            refuse_other_types(name, stored.dtype)?;
        }
        weights.tensors.par_iter().try_for_each(|(name, stored)| {
            weights.pieces(stored.dtype, stored.bytes.clone(), |values| {
                match values.iter().all(|value| value.is_finite()) {
                    true => Ok(()),
                    false => Err(Error::TensorNotFinite { name: name.clone() }),
                }
            })
        })?;
        Ok(weights)
    }

    /// Refuses a file that has no such tensor, or one of another shape.
    pub(crate) fn require(&self, name: &str, shape: &[usize]) -> Result<()> {
        let Some(stored) = self.tensors.get(name) else {
            return Err(Error::MissingTensor { name: name.to_owned() });
        };
        if stored.shape != shape {
            let (found, expected) = (stored.shape.clone(), shape.to_vec());
            return Err(Error::TensorShape { name: name.to_owned(), found, expected });
        }
        Ok(())
    }

    /// The values of the tensor `name`, which must have this shape, row-major.
    pub(crate) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut values = Vec::new();
        self.read_after(name, shape, &mut values)?;
        Ok(values)
    }

    /// As [`Self::read`], behind what is in `values` already.
    pub(crate) fn read_after(&self, name: &str, shape: &[usize], values: &mut Vec<f32>) -> Result<()> {
        self.require(name, shape)?;
        let stored = self.stored(name)?;
        values.reserve(shape.iter().product());
        self.pieces(stored.dtype, stored.bytes.clone(), |piece| {
            values.extend_from_slice(piece);
            Ok(())
        })
    }

    /// Some values of the tensor `name`, by their places among all of it.
    pub(crate) fn read_part(&self, name: &str, places: Range<usize>) -> Result<Vec<f32>> {
        let stored = self.stored(name)?;
        let side = bytes_a_value(stored.dtype).unwrap_or_default();
        let bytes =
            stored.bytes.start + places.start as u64 * side..stored.bytes.start + places.end as u64 * side;
        let mut values = Vec::with_capacity(places.len());
        self.pieces(stored.dtype, bytes, |piece| {
            values.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(values)
    }

    fn stored(&self, name: &str) -> Result<&Stored> {
        self.tensors.get(name).ok_or_else(|| Error::MissingTensor { name: name.to_owned() })
    }

    /// Hands values on, some at a time and in their order.
    fn pieces(
        &self,
        dtype: Dtype,
        bytes: Range<u64>,
        mut take: impl FnMut(&[f32]) -> Result<()>,
    ) -> Result<()> {
        let mut raw = vec![0; PIECE.min((bytes.end - bytes.start) as usize)];
        let mut values = Vec::new();
        let mut offset = bytes.start;
        while offset < bytes.end {
            let raw = &mut raw[..PIECE.min((bytes.end - offset) as usize)];
            self.file.read_at(offset, raw).map_err(|source| Error::WeightsNotRead { source })?;
            values.clear();
            append_floats(dtype, raw, &mut values);
            take(&values)?;
            offset += raw.len() as u64;
        }
        Ok(())
    }

    /// How many values all tensors hold together.
    pub(crate) fn parameters(&self) -> usize {
        self.tensors.values().map(|stored| stored.shape.iter().product::<usize>()).sum()
    }
}

impl fmt::Debug for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Weights").field("tensors", &self.tensors).finish_non_exhaustive()
    }
}

/// Where each tensor lies, in bytes from the start of the file: all of it is there, nothing overlaps, nothing is left.
fn read_header(file: &dyn WeightsFile) -> Result<BTreeMap<String, Stored>> {
    const LENGTH: u64 = 8;
    let damaged = |source| Error::WeightsUnreadable { source };
    let failed = |source| Error::WeightsNotRead { source };
    if file.size() < LENGTH {
        return Err(damaged(SafeTensorError::HeaderTooSmall));
    }
    let mut length = [0; LENGTH as usize];
    file.read_at(0, &mut length).map_err(failed)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(damaged(SafeTensorError::HeaderTooLarge));
    }
    if LENGTH + length > file.size() {
        return Err(damaged(SafeTensorError::InvalidHeaderLength));
    }
    let mut header = vec![0; length as usize];
    file.read_at(LENGTH, &mut header).map_err(failed)?;
    let metadata: Metadata = serde_json::from_slice(&header)
        .map_err(|source| damaged(SafeTensorError::InvalidHeaderDeserialization(source)))?;
    let mut end = 0;
    let mut tensors = BTreeMap::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let (first, after) = info.data_offsets;
        let values = info.shape.iter().try_fold(1_usize, |values, side| values.checked_mul(*side));
        let bits = values.and_then(|values| values.checked_mul(info.dtype.bitsize()));
        if first != end || after < first || bits != (after - first).checked_mul(8) {
            return Err(damaged(SafeTensorError::InvalidOffset(name)));
        }
        end = after;
        let from_start = |offset: usize| LENGTH + length + offset as u64;
        let bytes = from_start(first)..from_start(after);
        tensors.insert(name, Stored { dtype: info.dtype, shape: info.shape.clone(), bytes });
    }
    if LENGTH + length + end as u64 != file.size() {
        return Err(damaged(SafeTensorError::MetadataIncompleteBuffer));
    }
    Ok(tensors)
}

/// The values of a stored tensor as f32, exactly.
pub(crate) fn read_floats(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>> {
    refuse_other_types(name, view.dtype())?;
    let mut values = Vec::new();
    append_floats(view.dtype(), view.data(), &mut values);
    Ok(values)
}

fn refuse_other_types(name: &str, dtype: Dtype) -> Result<()> {
    match bytes_a_value(dtype) {
        Some(_) => Ok(()),
        None => Err(Error::TensorType { name: name.to_owned(), found: format!("{dtype:?}") }),
    }
}

/// Of the types that can be read.
fn bytes_a_value(dtype: Dtype) -> Option<u64> {
    match dtype {
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        _ => None,
    }
}

/// Nothing of other types.
fn append_floats(dtype: Dtype, bytes: &[u8], values: &mut Vec<f32>) {
    match dtype {
        Dtype::F32 => values.extend(bytes.as_chunks().0.iter().map(|raw| f32::from_le_bytes(*raw))),
        Dtype::F16 => values.extend(bytes.as_chunks().0.iter().map(|raw| f16::from_le_bytes(*raw).to_f32())),
        Dtype::BF16 => {
            values.extend(bytes.as_chunks().0.iter().map(|raw| bf16::from_le_bytes(*raw).to_f32()));
        }
        _ => {}
    }
}
