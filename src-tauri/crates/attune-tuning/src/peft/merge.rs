//! A base model with LoRA added into its weights, for programs that know no adapters.
//!
//! Invariants: every tensor LoRA does not reach is kept; the sum is made in f32 and rounded once.

use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use super::framework;
use crate::weights::read_floats;
use crate::{BaseModel, Error, Lora, Result};

/// How merged weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredAs {
    /// Each tensor in the type it has in the base model's file. In 16 bits the adapter's share is rounded.
    InTheFile,
    /// Everything in f32: the answers of base and adapter to f32's own precision, twice the size of 16 bits.
    F32,
}

/// The bytes of a `model.safetensors` that is this base model with the adapter in it: `W + alpha / rank · B · A`
/// in place of every `W` that the adapter reaches. `weights` is the base model's own `model.safetensors`.
///
/// # Errors
/// If the adapter is for another base model, the file is not the base model's, or a merged value is too large
/// for the type it is stored in ([`Error::TensorNotFinite`]).
pub fn merge(base: &BaseModel, weights: &[u8], lora: &Lora, stored: StoredAs) -> Result<Vec<u8>> {
    lora.refuse_other_base(base)?;
    let file = SafeTensors::deserialize(weights).map_err(|source| Error::WeightsUnreadable { source })?;
    let reached = base.network().linears().filter(|product| lora.settings().reaches(&product.name));
    for product in reached {
        let (name, expected) = (format!("{}.weight", product.name), product.shape().to_vec());
        let found = file.tensor(&name).ok().map(|view| view.shape().to_vec());
        match found {
            None => return Err(Error::MissingTensor { name }),
            Some(found) if found != expected => return Err(Error::TensorShape { name, found, expected }),
            Some(_) => {}
        }
    }
    let mut merged: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::with_capacity(file.len());
    for (name, view) in file.iter() {
        let dtype = match stored {
            StoredAs::InTheFile => view.dtype(),
            StoredAs::F32 => Dtype::F32,
        };
        let mut values = read_floats(name, &view)?;
        let reached = name.strip_suffix(".weight").and_then(|module| pair(lora, module));
        if let Some((a, b)) = reached {
            add_product(&mut values, a, b, lora.settings().rank, lora.settings().scale() as f32);
        }
        let data =
            to_bytes(&values, dtype).ok_or_else(|| Error::TensorNotFinite { name: name.to_owned() })?;
        merged.push((name.to_owned(), dtype, view.shape().to_vec(), data));
    }
    let unwritable = |source| Error::PeftWeightsUnwritable { source };
    let views = merged
        .iter()
        .map(|(name, dtype, shape, data)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), data)?)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unwritable)?;
    serialize(views, Some(framework())).map_err(unwritable)
}

/// A and B of a module.
fn pair<'l>(lora: &'l Lora, module: &str) -> Option<(&'l [f32], &'l [f32])> {
    let of = |part: &str| {
        let name = format!("base_model.model.{module}.{part}.weight");
        let tensor = lora.layout().tensors().iter().find(|tensor| tensor.name == name)?;
        Some(&lora.values()[tensor.range()])
    };
    Some((of("lora_A")?, of("lora_B")?))
}

/// Adds `scale · B · A` to row-major `[outputs, inputs]` weights.
fn add_product(weights: &mut [f32], a: &[f32], b: &[f32], rank: usize, scale: f32) {
    let inputs = a.len() / rank;
    for (row, b) in weights.chunks_exact_mut(inputs).zip(b.chunks_exact(rank)) {
        let mut added = vec![0.0; inputs];
        for (factor, a) in b.iter().zip(a.chunks_exact(inputs)) {
            added.iter_mut().zip(a).for_each(|(sum, value)| *sum += factor * value);
        }
        row.iter_mut().zip(added).for_each(|(weight, added)| *weight += scale * added);
    }
}

/// The values in a type's bytes; none if one of them does not fit it. Only types that `read_floats` reads.
fn to_bytes(values: &[f32], dtype: Dtype) -> Option<Vec<u8>> {
    match dtype {
        Dtype::F16 => bytes_of(values, |value| {
            Some(f16::from_f32(value)).filter(|v| v.is_finite()).map(f16::to_le_bytes)
        }),
        Dtype::BF16 => bytes_of(values, |value| {
            Some(bf16::from_f32(value)).filter(|v| v.is_finite()).map(bf16::to_le_bytes)
        }),
        _ => bytes_of(values, |value| Some(value).filter(|v| v.is_finite()).map(f32::to_le_bytes)),
    }
}

fn bytes_of<const N: usize>(values: &[f32], convert: impl Fn(f32) -> Option<[u8; N]>) -> Option<Vec<u8>> {
    let converted: Option<Vec<[u8; N]>> = values.iter().map(|value| convert(*value)).collect();
    converted.map(|values| values.into_flattened())
}
